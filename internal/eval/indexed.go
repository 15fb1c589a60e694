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
		if is[f.path], err = isIndexed(ctx, rules, f); err != nil {
			return nil, err
		}
	}
	return is, nil
}

func isIndexed(ctx context.Context, rules *lang.Rules, f file) (bool, error) {
	name, raw := []byte(f.path), []byte(f.content)
	v, err := rules.Path(ctx, name, lang.File, int64(len(raw)))
	if err != nil || v.Skip != "" {
		return false, err
	}
	named, err := rules.Encoding(ctx, name)
	if err != nil {
		return false, err
	}
	read, refused, err := content.Decode(ctx, raw, named)
	if err != nil || refused != nil {
		return false, err
	}
	v, err = rules.Content(ctx, name, read.Text)
	return v.Skip == "", err
}
