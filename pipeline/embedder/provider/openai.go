package provider

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/leatworks/leat/pipeline/embedder"
)

// openai is POST /embeddings as OpenAI documents it. vLLM, TEI, LM Studio and llama.cpp serve it too. The address ends
// in /v1. Source: openai/openai-openapi, CreateEmbeddingRequest, CreateEmbeddingResponse and ErrorResponse.
type openai struct{ cfg *Config }

type openaiRequest struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Dimensions int      `json:"dimensions,omitempty"`
	Encoding   string   `json:"encoding_format"`
}

type openaiAnswer struct {
	Data  []indexed `json:"data"`
	Usage struct {
		Total float64 `json:"total_tokens"`
	} `json:"usage"`
}

func (w openai) request(texts []string, _ embedder.Purpose) (string, any) {
	return "/embeddings", openaiRequest{w.cfg.Model, texts, w.cfg.asked(), w.cfg.Encoding}
}

func (openai) authorize(h http.Header, key string) { bearer(h, key) }

func (openai) answer(body []byte, n int) (answer, error) {
	var a openaiAnswer
	if err := decode(body, &a); err != nil {
		return answer{}, err
	}
	vectors, err := inOrder(a.Data, n)
	return answer{vectors, counted(a.Usage.Total)}, err
}

// complaint reads {"error": {"message", "type", "code"}}. Servers that only resemble OpenAI's send a string as error,
// a bare message, or a number as code.
func (openai) complaint(body []byte) complaint {
	var a struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Type    string          `json:"error_type"`
	}
	_ = json.Unmarshal(body, &a) // an answer that is not JSON has no message
	var e struct {
		Message string          `json:"message"`
		Type    string          `json:"type"`
		Code    json.RawMessage `json:"code"`
	}
	if json.Unmarshal(a.Error, &e) == nil {
		var code string
		if json.Unmarshal(e.Code, &code) != nil || code == "" {
			code = e.Type
		}
		return complaint{code: code, message: e.Message}
	}
	var text string
	if json.Unmarshal(a.Error, &text) == nil {
		return complaint{code: a.Type, message: text}
	}
	return complaint{code: a.Type, message: a.Message}
}

// azure is the format of openai below the path of a deployment. The address ends before /openai. Source:
// Azure/azure-rest-api-specs, cognitiveservices, inference of 2024-10-21.
type azure struct{ openai }

func (w azure) request(texts []string, p embedder.Purpose) (string, any) {
	path, body := w.openai.request(texts, p)
	return "/openai/deployments/" + url.PathEscape(w.cfg.Model) + path + "?api-version=" + url.QueryEscape(w.cfg.APIVersion), body
}

func (azure) authorize(h http.Header, key string) { h.Set("Api-Key", key) }

// asked returns the number of dimensions that a request asks for, or 0 if it asks for none.
func (c *Config) asked() int {
	if *c.AskDimensions {
		return c.Dimensions
	}
	return 0
}
