package eval

import (
	"context"

	"path"

	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/lang"
)

// indexed says which files leat indexes.
func indexed(ctx context.Context, files []file) (map[string]bool, error) {
	var ignore []byte
	var layout lang.Layout
	attributes := make(map[string][]byte)
	for _, f := range files {
		layout.Add(f.path)
		dir, name := path.Split(f.path)
		switch {
		case name == ".gitattributes":
			attributes[path.Clean("/" + dir)[1:]] = []byte(f.content)
		case f.path == ".leatignore":
			ignore = []byte(f.content)
		}
	}
	rules, err := lang.Compile(lang.Config{}, ignore, attributes)
	if err != nil {
		return nil, err
	}
	rules = rules.In(&layout)
	is := make(map[string]bool)
	for _, f := range files {
		if rules.Path([]byte(f.path), lang.File, int64(len(f.content))).Skip != "" {
			continue
		}
		read, refused, err := content.Decode(ctx, []byte(f.content), rules.Encoding([]byte(f.path)))
		if err != nil {
			return nil, err
		}
		is[f.path] = refused == nil && rules.Content([]byte(f.path), read.Text).Skip == ""
	}
	return is, nil
}
