package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/leatworks/leat/events"
)

const (
	draft = "https://json-schema.org/draft/2020-12/schema"
	base  = "https://raw.githubusercontent.com/leatworks/leat/main/events/schema/"
)

var data = []struct {
	event events.Type
	typ   reflect.Type
}{
	{events.TypeRepoSubmitted, reflect.TypeFor[events.RepoSubmitted]()},
	{events.TypeDocumentChunked, reflect.TypeFor[events.DocumentChunked]()},
	{events.TypeDocumentRemoved, reflect.TypeFor[events.DocumentRemoved]()},
	{events.TypeDocumentEmbedded, reflect.TypeFor[events.DocumentEmbedded]()},
	{events.TypeDocumentIndexed, reflect.TypeFor[events.DocumentIndexed]()},
	{events.TypeRepoIndexed, reflect.TypeFor[events.RepoIndexed]()},
}

// limits hold, by the name of a field, the constraints that Go types cannot
// express and the Parse methods check. Lengths in a schema count characters and
// those of Parse count bytes, so Parse is the stricter of the two.
var limits = map[string]jsonschema.Schema{
	"tenant":     {Pattern: `^[a-z0-9][a-z0-9_-]{0,62}$`},
	"repository": {Format: "uuid", Pattern: uuidPattern},
	"track":      {Format: "uuid", Pattern: uuidPattern},
	"document":   {Format: "uuid", Pattern: uuidPattern},
	"ref":        {MinLength: jsonschema.Ptr(1), MaxLength: jsonschema.Ptr(1024)},
	"url":        {MinLength: jsonschema.Ptr(1), MaxLength: jsonschema.Ptr(2048)},
	"path":       {MinLength: jsonschema.Ptr(1)},
	"embedder":   {MinLength: jsonschema.Ptr(1)},
	"commit":     {Pattern: `^([0-9a-f]{40}|[0-9a-f]{64})$`},
	"blob":       {Pattern: `^[0-9a-f]{64}$`},
	"revision":   {Minimum: jsonschema.Ptr(1.0)},
	"generation": {Minimum: jsonschema.Ptr(1.0)},
	"chunks":     {Minimum: jsonschema.Ptr(0.0)},
	"indexed":    {Minimum: jsonschema.Ptr(0.0)},
	"failed":     {Minimum: jsonschema.Ptr(0.0)},
	"skipped":    {Minimum: jsonschema.Ptr(0.0)},
}

const uuidPattern = `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`

// generate returns the content of each file of events/schema by its name.
// source is the file that declares the data types.
func generate(source string) (map[string][]byte, error) {
	comments, err := typeComments(source)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(data))
	for _, d := range data {
		schema, err := infer(d.typ)
		if err != nil {
			return nil, fmt.Errorf("infer schema of %s: %w", d.event, err)
		}
		name := string(d.event) + ".json"
		schema.Schema = draft
		schema.ID = base + name
		schema.Title = string(d.event)
		schema.Description = description(comments[d.typ.Name()], d.typ.Name(), d.event)
		refine(schema)
		if files[name], err = render(schema); err != nil {
			return nil, fmt.Errorf("render schema of %s: %w", d.event, err)
		}
	}
	return files, nil
}

// infer does what ForType does, but sees every field that encoding/json writes.
// ForType follows the rules of Go, by which the embedded struct Document hides the
// field Document inside it. In JSON only the names count.
func infer(typ reflect.Type) (*jsonschema.Schema, error) {
	schema, err := jsonschema.ForType(typ, nil)
	if err != nil {
		return nil, err
	}
	for i := range typ.NumField() {
		if !typ.Field(i).Anonymous {
			continue
		}
		embedded, err := infer(typ.Field(i).Type)
		if err != nil {
			return nil, err
		}
		maps.Copy(schema.Properties, embedded.Properties)
		schema.PropertyOrder = union(embedded.PropertyOrder, schema.PropertyOrder)
		schema.Required = union(embedded.Required, schema.Required)
	}
	return schema, nil
}

// union returns the members of a, then those that only b holds.
func union(a, b []string) []string {
	return append(slices.Clone(a), slices.DeleteFunc(slices.Clone(b), func(s string) bool { return slices.Contains(a, s) })...)
}

// refine adds the limits, and lets each object have fields that a later producer
// adds.
func refine(object *jsonschema.Schema) {
	object.AdditionalProperties = &jsonschema.Schema{}
	for name, field := range object.Properties {
		if field.Type == "object" {
			refine(field)
			continue
		}
		limit, found := limits[name]
		if !found {
			continue
		}
		field.Format, field.Pattern = limit.Format, limit.Pattern
		field.Minimum, field.MinLength, field.MaxLength = limit.Minimum, limit.MinLength, limit.MaxLength
		if slices.Contains(object.Required, name) {
			continue
		}
		// A field that may be absent may also be empty: Go does not tell the two
		// apart.
		field.MinLength = nil
		if field.Pattern != "" {
			field.Pattern = "^$|" + field.Pattern
		}
	}
}

// render writes one member a line, for people who read the files and for the
// differences between their versions.
func render(schema *jsonschema.Schema) ([]byte, error) {
	compact, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// description turns a sentence about the Go type into one about the event.
func description(comment, typ string, event events.Type) string {
	name := strings.TrimSuffix(strings.TrimPrefix(string(event), "leat."), ".v1")
	return strings.Replace(comment, typ, name, 1) + " Readers ignore fields that they do not know."
}

// typeComments returns the comment on each type of a Go file, on one line.
func typeComments(source string) (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse types: %w", err)
	}
	comments := make(map[string]string)
	for _, decl := range file.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		for _, spec := range general.Specs {
			if typ, ok := spec.(*ast.TypeSpec); ok {
				comments[typ.Name.Name] = strings.Join(strings.Fields(general.Doc.Text()), " ")
			}
		}
	}
	return comments, nil
}
