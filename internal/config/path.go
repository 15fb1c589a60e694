package config

import (
	"reflect"

	"github.com/alecthomas/kong"
)

// Paths makes flags of the type path absolute. Unlike kong's own mapper it leaves an empty one
// empty: LEAT_GIT_DIR= means no directory, not the current one.
func Paths() kong.Option {
	return kong.NamedMapper("path", kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var path string
		if err := ctx.Scan.PopValueInto("path", &path); err != nil {
			return err
		}
		if path != "" {
			path = kong.ExpandPath(path)
		}
		target.SetString(path)
		return nil
	}))
}
