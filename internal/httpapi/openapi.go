package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

var problemType = reflect.TypeFor[Problem]()

// about begins the description of the API.
const about = `Search and read the repositories that a leat keeps, submit more, and steer it.

Each request carries a token: ` + "`Authorization: Bearer leat_…`" + `. A token belongs to a tenant or to the installation, has scopes
(read, search, submit, operate, admin), and may be limited to some repositories; repositories that it does not reach do not exist for it.

Lists come in pages: an answer with ` + "`next`" + ` goes on with ` + "`?cursor=`" + ` and that value. A POST may carry an ` + "`Idempotency-Key`" + `.
Errors are application/problem+json. Every answer has the header X-Request-Id.`

// describe returns the description without its routes.
func describe() huma.Config {
	useProblems()
	cfg := huma.DefaultConfig("leat", "v1")
	cfg.Info.Description = about
	cfg.Info.License = nil
	cfg.CreateHooks = nil // no $schema in answers, so that they equal those of the command line
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		securityScheme: {Type: "http", Scheme: "bearer", Description: "A token of leat, which 'leat token create' shows once."},
	}
	return cfg
}

// jsonFormat reads and writes JSON in the form of all answers of leat.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		if bytes.Contains(data, []byte(`\u0000`)) {
			return errors.New("the body holds the character NUL, which is not text")
		}
		return json.Unmarshal(data, v)
	},
}

// orNull is a field of an answer that may be null.
type orNull[T any] struct{ value *T }

// MarshalJSON implements json.Marshaler.
func (o orNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// Schema implements huma.SchemaProvider.
func (orNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

// encode writes the description in a form whose differences a person can read.
func encode(api *huma.OpenAPI) ([]byte, error) {
	compact, err := json.Marshal(api)
	if err != nil {
		return nil, fmt.Errorf("encode the description of the API: %w", err)
	}
	var spec bytes.Buffer
	if err := json.Indent(&spec, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("indent the description of the API: %w", err)
	}
	spec.WriteByte('\n')
	return spec.Bytes(), nil
}

// serveDescription serves the description, which needs no token. It is encoded when somebody asks
// for it, because that takes longer than the rest of a gateway's start.
func (d deps) serveDescription(mux *http.ServeMux, api *huma.OpenAPI) {
	spec := sync.OnceValues(func() ([]byte, error) { return encode(api) })
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		text, err := spec()
		if err != nil {
			serveProblem(w, explain(r.Context(), err, d.log))
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	})
}
