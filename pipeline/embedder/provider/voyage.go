package provider

import (
	"encoding/json"
	"net/http"

	"github.com/leatworks/leat/pipeline/embedder"
)

// voyage is POST /embeddings of Voyage AI. Its answers are those of OpenAI, and its requests have other field names. By
// default it cuts texts that are too long. base64 encodes float32. Source: docs.voyageai.com/reference/embeddings-api,
// voyage-ai/typescript-sdk, EmbedRequest.
type voyage struct{ cfg *Config }

type voyageRequest struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	InputType  string   `json:"input_type,omitempty"`
	Truncation bool     `json:"truncation"`
	Dimensions int      `json:"output_dimension,omitempty"`
	Encoding   string   `json:"encoding_format,omitempty"` // floats have no name
}

func (w voyage) request(texts []string, p embedder.Purpose) (string, any) {
	encoding := w.cfg.Encoding
	if encoding == "float" {
		encoding = ""
	}
	return "/embeddings", voyageRequest{w.cfg.Model, texts, w.cfg.task(p), false, w.cfg.asked(), encoding}
}

func (voyage) authorize(h http.Header, key string) { bearer(h, key) }

func (voyage) answer(body []byte, n int) (answer, error) { return openai{}.answer(body, n) }

func (voyage) complaint(body []byte) complaint {
	var a struct {
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(body, &a)
	return complaint{message: a.Detail}
}
