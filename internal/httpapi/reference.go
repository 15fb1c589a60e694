package httpapi

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed reference.html reference.css
var referenceFiles embed.FS

// reference is the page that shows the description to people. It has no scripts, and loads nothing.
type reference struct {
	html   []byte
	policy string // the page's Content-Security-Policy
}

// referenceSubject is a part of the page.
type referenceSubject struct {
	Name       string
	Operations []referenceOperation
}

type referenceOperation struct {
	ID, Method, Path, Summary, Text string
	Parameters                      []*huma.Param
	Body                            []referenceField
	Status                          string
	Answer                          []referenceField
	Media                           []string // media types of an answer that is not JSON
}

type referenceField struct {
	Name, Type, Text string
	Depth            int
	Required         bool
}

func newReference(api *huma.OpenAPI) (*reference, error) {
	style, err := referenceFiles.ReadFile("reference.css")
	if err != nil {
		return nil, fmt.Errorf("read the style of the API's page: %w", err)
	}
	page, err := template.New("reference.html").Funcs(template.FuncMap{
		"indent": func(depth int) string { return strings.Repeat("\u2003", depth) },
		"kind":   func(s *huma.Schema) string { return kindOf(api, s) },
	}).ParseFS(referenceFiles, "reference.html")
	if err != nil {
		return nil, fmt.Errorf("parse the API's page: %w", err)
	}
	var html bytes.Buffer
	err = page.Execute(&html, map[string]any{
		"About": strings.Split(api.Info.Description, "\n\n"), "Subjects": subjects(api), "Style": template.CSS(style), //nolint:gosec // a file of this package
	})
	if err != nil {
		return nil, fmt.Errorf("write the API's page: %w", err)
	}
	sum := sha256.Sum256(style)
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return &reference{html.Bytes(), policy}, nil
}

// serveReference serves the page, which is written when somebody asks for it.
func (d deps) serveReference(mux *http.ServeMux, api *huma.OpenAPI) {
	written := sync.OnceValues(func() (*reference, error) { return newReference(api) })
	mux.HandleFunc("GET /api/{$}", func(w http.ResponseWriter, r *http.Request) {
		page, err := written()
		if err != nil {
			serveProblem(w, explain(r.Context(), err, d.log))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", page.policy)
		_, _ = w.Write(page.html) // it fails only if the client has gone
	})
}

// subjects lists the operations by subject, path and method.
func subjects(api *huma.OpenAPI) []referenceSubject {
	byName := make(map[string]*referenceSubject)
	for path, item := range api.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			name := op.Tags[0]
			if byName[name] == nil {
				byName[name] = &referenceSubject{Name: name}
			}
			byName[name].Operations = append(byName[name].Operations, describeOperation(api, method, path, op))
		}
	}
	list := make([]referenceSubject, 0, len(byName))
	for _, s := range byName {
		slices.SortFunc(s.Operations, func(a, b referenceOperation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b referenceSubject) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func describeOperation(api *huma.OpenAPI, method, path string, op *huma.Operation) referenceOperation {
	o := referenceOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Text: strings.ReplaceAll(op.Description, "`", ""), Parameters: op.Parameters}
	if op.RequestBody != nil {
		if content := op.RequestBody.Content["application/json"]; content != nil {
			o.Body = fields(api, content.Schema, 0)
		}
	}
	for status, r := range op.Responses {
		if status == "default" {
			continue
		}
		o.Status = status
		for media, content := range r.Content {
			if media == "application/json" {
				o.Answer = fields(api, content.Schema, 0)
			} else {
				o.Media = append(o.Media, media)
			}
		}
	}
	slices.Sort(o.Media)
	return o
}

// maxDepth bounds the nesting of the fields that are shown.
const maxDepth = 3

// fields lists the fields of an object, each followed by the fields inside it.
func fields(api *huma.OpenAPI, s *huma.Schema, depth int) []referenceField {
	s = resolve(api, s)
	if s != nil && s.Type == huma.TypeArray {
		s = resolve(api, s.Items)
	}
	if s == nil || depth > maxDepth {
		return nil
	}
	var list []referenceField
	for _, name := range slices.Sorted(mapKeys(s.Properties)) {
		property := s.Properties[name]
		list = append(list, referenceField{name, kindOf(api, property), property.Description, depth, slices.Contains(s.Required, name)})
		list = append(list, fields(api, property, depth+1)...)
	}
	return list
}

func mapKeys(m map[string]*huma.Schema) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

func resolve(api *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// kindOf names a schema in a word or two.
func kindOf(api *huma.OpenAPI, s *huma.Schema) string {
	s = resolve(api, s)
	switch {
	case s == nil:
		return ""
	case s.Type == huma.TypeArray:
		return "list of " + cmp.Or(kindOf(api, s.Items), "values")
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint(e)
		}
		return strings.Join(words, " or ")
	case s.Format != "" && s.Type == huma.TypeString:
		return s.Format
	}
	return s.Type
}
