package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// SchemaID names the JSON Schema of the configuration file.
const SchemaID = "https://leat.works/schema/config.schema.json"

// Patterns of the schema: a duration as Go writes it, and a reference to a secret.
const (
	durationPattern  = `^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^0$`
	referencePattern = `^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`
)

// Schema returns the JSON Schema of the configuration file. It is made from the flags, so that it
// cannot differ from them.
func Schema() ([]byte, error) {
	known, err := settings()
	if err != nil {
		return nil, err
	}
	root := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SchemaID,
		"title":       "Configuration of leat",
		"description": "Settings of all workers and of the command leat. A section holds settings of one program alone. Flags and environment variables take precedence.",
	}
	properties := known.describe("")
	for section := range known.sections {
		if section == "" {
			continue
		}
		properties[section] = mapping(known.describe(section), "Settings of "+section+" alone.")
	}
	for key, value := range mapping(properties, "") {
		if root[key] == nil {
			root[key] = value
		}
	}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return append(text, '\n'), nil
}

func mapping(properties map[string]any, description string) map[string]any {
	o := map[string]any{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
	if description != "" {
		o["description"] = description
	}
	return o
}

func (c catalogue) describe(section string) map[string]any {
	properties := make(map[string]any)
	for key, s := range c.sections[section] {
		properties[key] = s.describe()
	}
	return properties
}

// describe returns the schema of the setting's values.
func (s setting) describe() map[string]any {
	if s.flag == nil {
		return map[string]any{"type": "string", "pattern": referencePattern, "description": "A reference to this secret: env:NAME or file:PATH."}
	}
	d := map[string]any{"description": s.flag.Help}
	if s.flag.Enum != "" {
		d["enum"] = s.flag.EnumSlice()
	}
	switch s.flag.Target.Interface().(type) {
	case bool:
		d["type"] = "boolean"
	case time.Duration:
		d["type"], d["pattern"] = "string", durationPattern
	case int, int64:
		d["type"] = "integer"
	case float64:
		d["type"] = "number"
	case Address:
		d["type"], d["pattern"] = "string", addressPattern
	default:
		d["type"] = "string"
	}
	if s.flag.Target.Kind() == reflect.Slice {
		d["type"], d["items"] = []string{"array", "string"}, map[string]any{"type": "string"}
	}
	if s.flag.HasDefault && !s.varies {
		d["default"] = s.typed(s.flag.Default)
	}
	return d
}

// typed returns a default in its own type.
func (s setting) typed(text string) any {
	switch s.flag.Target.Interface().(type) {
	case bool:
		return text == "true"
	case int, int64, float64:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}
