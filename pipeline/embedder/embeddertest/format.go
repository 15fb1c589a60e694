package embeddertest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// query is the content of a request.
type query struct {
	texts      []string
	dimensions int
	base64     bool
}

// format is a wire format, implemented anew from the documentation of a provider. It shares no code with the package
// under test.
type format struct {
	base     string // path of the addresses
	items    int    // most texts in a request
	key      func(*http.Request) string
	read     func(*http.Request, []byte) (query, error)
	write    func(Answer) []byte
	complain func(status int, message string) []byte
}

var formats = map[string]format{
	"openai": {"/v1", 2048, bearer, readOpenAI, writeOpenAI, complainOpenAI},
	"azure":  {"", 2048, header("api-key"), readAzure, writeOpenAI, complainOpenAI},
	"ollama": {"", 1 << 20, bearer, readOllama, writeOllama, complainAs("error")},
	"gemini": {"/v1beta", 100, header("x-goog-api-key"), readGemini, writeGemini, complainGemini},
	"cohere": {"", 96, bearer, readCohere, writeCohere, complainAs("message")},
	"voyage": {"/v1", 1000, bearer, readVoyage, writeOpenAI, complainAs("detail")},
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

func header(name string) func(*http.Request) string {
	return func(r *http.Request) string { return r.Header.Get(name) }
}

// read decodes a POST to path, and refuses fields that the provider does not know.
func read(r *http.Request, path string, body []byte, into any) error {
	if r.Method != http.MethodPost || r.URL.Path != path || r.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("%s %s of %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func isBase64(encoding string) (bool, error) {
	if encoding != "" && encoding != "float" && encoding != "base64" {
		return false, fmt.Errorf("encoding_format %q", encoding)
	}
	return encoding == "base64", nil
}

func readOpenAIAt(r *http.Request, path string, body []byte) (query, error) {
	var q struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Dimensions int      `json:"dimensions"`
		Encoding   string   `json:"encoding_format"`
		User       string   `json:"user"`
	}
	if err := read(r, path, body, &q); err != nil {
		return query{}, err
	}
	if q.Model == "" {
		return query{}, errors.New("you must provide a model parameter")
	}
	b, err := isBase64(q.Encoding)
	return query{q.Input, q.Dimensions, b}, err
}

func readOpenAI(r *http.Request, body []byte) (query, error) {
	return readOpenAIAt(r, "/v1/embeddings", body)
}

func readAzure(r *http.Request, body []byte) (query, error) {
	if r.URL.Query().Get("api-version") == "" {
		return query{}, errors.New("api-version is required")
	}
	return readOpenAIAt(r, "/openai/deployments/fake/embeddings", body)
}

func readVoyage(r *http.Request, body []byte) (query, error) {
	var q struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		InputType  string   `json:"input_type"`
		Truncation *bool    `json:"truncation"`
		Dimensions int      `json:"output_dimension"`
		Type       string   `json:"output_dtype"`
		Encoding   *string  `json:"encoding_format"`
	}
	if err := read(r, "/v1/embeddings", body, &q); err != nil {
		return query{}, err
	}
	if q.InputType != "document" && q.InputType != "query" || q.Truncation == nil || *q.Truncation {
		return query{}, fmt.Errorf("input_type %q, truncation %v", q.InputType, q.Truncation)
	}
	if q.Encoding != nil && *q.Encoding != "base64" {
		return query{}, fmt.Errorf("encoding_format %q", *q.Encoding)
	}
	return query{q.Input, q.Dimensions, q.Encoding != nil}, nil
}

func readOllama(r *http.Request, body []byte) (query, error) {
	var q struct {
		Model      string         `json:"model"`
		Input      []string       `json:"input"`
		Truncate   *bool          `json:"truncate"`
		Dimensions int            `json:"dimensions"`
		Options    map[string]any `json:"options"`
		KeepAlive  string         `json:"keep_alive"`
	}
	if err := read(r, "/api/embed", body, &q); err != nil {
		return query{}, err
	}
	if q.Truncate == nil || *q.Truncate {
		return query{}, errors.New("truncate: a text would be cut in silence")
	}
	return query{q.Input, q.Dimensions, false}, nil
}

func readCohere(r *http.Request, body []byte) (query, error) {
	var q struct {
		Model      string   `json:"model"`
		Texts      []string `json:"texts"`
		InputType  string   `json:"input_type"`
		Types      []string `json:"embedding_types"`
		Truncate   string   `json:"truncate"`
		Dimensions int      `json:"output_dimension"`
		MaxTokens  int      `json:"max_tokens"`
	}
	if err := read(r, "/v2/embed", body, &q); err != nil {
		return query{}, err
	}
	if q.InputType != "search_document" && q.InputType != "search_query" || q.Truncate != "NONE" {
		return query{}, fmt.Errorf("input_type %q, truncate %q", q.InputType, q.Truncate)
	}
	return query{q.Texts, q.Dimensions, false}, nil
}

func readGemini(r *http.Request, body []byte) (query, error) {
	var q struct {
		Requests []struct {
			Model   string `json:"model"`
			Content struct {
				Parts []struct {
					Text string `json:"text"`
				} `json:"parts"`
			} `json:"content"`
			TaskType   string `json:"taskType"`
			Title      string `json:"title"`
			Dimensions int    `json:"outputDimensionality"`
		} `json:"requests"`
	}
	if err := read(r, "/v1beta/models/fake:batchEmbedContents", body, &q); err != nil {
		return query{}, err
	}
	var out query
	for _, one := range q.Requests {
		if one.Model != "models/fake" || len(one.Content.Parts) != 1 {
			return query{}, fmt.Errorf("model %q, %d parts", one.Model, len(one.Content.Parts))
		}
		out.texts = append(out.texts, one.Content.Parts[0].Text)
		out.dimensions = one.Dimensions
	}
	return out, nil
}

// numbers writes a vector as JSON. It writes NaN as null, and numbers that are too large as servers print them.
func numbers(v []float32) json.RawMessage {
	out := []byte{'['}
	for i, f := range v {
		if i > 0 {
			out = append(out, ',')
		}
		switch {
		case f != f:
			out = append(out, "null"...)
		case math.IsInf(float64(f), 0):
			out = append(out, "1e999"...)
		default:
			out = strconv.AppendFloat(out, float64(f), 'g', -1, 32)
		}
	}
	return append(out, ']')
}

func writeOpenAI(a Answer) []byte {
	type item struct {
		Object    string `json:"object"`
		Embedding any    `json:"embedding"`
		Index     int    `json:"index"`
	}
	data := make([]item, len(a.Vectors))
	for i, v := range a.Vectors {
		data[i] = item{"embedding", numbers(v), a.Indices[i]}
		if a.Base64 {
			var raw []byte
			for _, f := range v {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
			}
			data[i].Embedding = base64.StdEncoding.EncodeToString(raw)
		}
	}
	return object("object", "list", "data", data, "model", "fake", "usage", map[string]int{"prompt_tokens": a.Tokens, "total_tokens": a.Tokens})
}

func lists(a Answer) []json.RawMessage {
	list := make([]json.RawMessage, len(a.Vectors))
	for i, v := range a.Vectors {
		list[i] = numbers(v)
	}
	return list
}

func writeOllama(a Answer) []byte {
	return object("model", "fake", "embeddings", lists(a), "total_duration", 14143917, "load_duration", 1019500, "prompt_eval_count", a.Tokens)
}

func writeCohere(a Answer) []byte {
	return object("id", "5807ee2e", "embeddings", map[string]any{"float": lists(a)}, "response_type", "embeddings_by_type",
		"meta", map[string]any{"api_version": map[string]string{"version": "2"}, "billed_units": map[string]int{"input_tokens": a.Tokens}})
}

func writeGemini(a Answer) []byte {
	list := make([]map[string]json.RawMessage, len(a.Vectors))
	for i, v := range a.Vectors {
		list[i] = map[string]json.RawMessage{"values": numbers(v)}
	}
	return object("embeddings", list)
}

func complainOpenAI(_ int, message string) []byte {
	return object("error", map[string]any{"message": message, "type": "invalid_request_error", "param": nil, "code": nil})
}

func complainGemini(status int, message string) []byte {
	return object("error", map[string]any{"code": status, "message": message, "status": "INVALID_ARGUMENT"})
}

func complainAs(field string) func(int, string) []byte {
	return func(_ int, message string) []byte { return object(field, message) }
}

// object writes an object of alternating names and values.
func object(pairs ...any) []byte {
	fields := make(map[string]any)
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i].(string)] = pairs[i+1]
	}
	out, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return out
}
