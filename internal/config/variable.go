package config

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/leatworks/leat/internal/backup"
)

// Variables returns the variables that the tags of some flags name, of those that several programs
// share and of more. Each flag costs the parser time for every variable that there is.
func Variables(more kong.Vars, of ...any) kong.Vars {
	keep := backup.DefaultKeep
	all := kong.Vars{
		"mcp_tools":  MCPTools,
		"keep_daily": fmt.Sprint(keep.Daily), "keep_weekly": fmt.Sprint(keep.Weekly), "keep_monthly": fmt.Sprint(keep.Monthly),
	}
	maps.Copy(all, more)
	named := make(kong.Vars)
	for _, flags := range of {
		name(reflect.TypeOf(flags).Elem(), all, named)
	}
	return named
}

// name copies the variables that the tags of a struct name.
func name(t reflect.Type, all, named kong.Vars) {
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if tag := string(field.Tag); strings.Contains(tag, "${") {
			for variable, value := range all {
				if strings.Contains(tag, "${"+variable+"}") {
					named[variable] = value
				}
			}
		}
		name(field.Type, all, named)
	}
}
