package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed asset/*.css asset/*.js asset/*.svg
var assetFiles embed.FS

// assets are the files that pages load. The name of each holds the hash of its content,
// so that a browser may keep it for ever.
type assets struct {
	names map[string]string // addresses by the names in the tree
	files map[string]assetFile
}

type assetFile struct {
	content []byte
	media   string
}

func loadAssets() (*assets, error) {
	a := &assets{names: make(map[string]string), files: make(map[string]assetFile)}
	list, err := assetFiles.ReadDir("asset")
	if err != nil {
		return nil, fmt.Errorf("list the files of the pages: %w", err)
	}
	for _, f := range list {
		content, err := assetFiles.ReadFile("asset/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read a file of the pages: %w", err)
		}
		sum := sha256.Sum256(content)
		end := path.Ext(f.Name())
		name := strings.TrimSuffix(f.Name(), end) + "." + hex.EncodeToString(sum[:6]) + end
		a.names[f.Name()] = "/assets/" + name
		a.files[name] = assetFile{content, mime.TypeByExtension(end)}
	}
	return a, nil
}

// path is the address of a file.
func (a *assets) path(name string) string { return a.names[name] }

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, found := a.files[r.PathValue("name")]
	if !found {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.media)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(f.content) // it fails only if the client has gone
}
