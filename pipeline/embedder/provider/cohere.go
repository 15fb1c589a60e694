package provider

import (
	"encoding/json"
	"net/http"

	"github.com/leatworks/leat/pipeline/embedder"
)

// cohere is POST /v2/embed. output_dimension is for embed-v4.0 and newer. Source:
// cohere-ai/cohere-python, v2/client.py and types/api_meta_billed_units.py, where
// the number of tokens is a float.
type cohere struct{ cfg *Config }

type cohereRequest struct {
	Model      string   `json:"model"`
	Texts      []string `json:"texts"`
	InputType  string   `json:"input_type,omitempty"`
	Types      []string `json:"embedding_types"`
	Truncate   string   `json:"truncate"`
	Dimensions int      `json:"output_dimension,omitempty"`
}

func (w cohere) request(texts []string, p embedder.Purpose) (string, any) {
	return "/v2/embed", cohereRequest{w.cfg.Model, texts, w.cfg.task(p), []string{"float"}, "NONE", w.cfg.asked()}
}

func (cohere) authorize(h http.Header, key string) { bearer(h, key) }

func (cohere) answer(body []byte, n int) (answer, error) {
	var a struct {
		Embeddings struct {
			Float []numbers `json:"float"`
		} `json:"embeddings"`
		Meta struct {
			Billed struct {
				Tokens float64 `json:"input_tokens"`
			} `json:"billed_units"`
		} `json:"meta"`
	}
	if err := decode(body, &a); err != nil {
		return answer{}, err
	}
	vectors, err := plain(a.Embeddings.Float, n)
	return answer{vectors, counted(a.Meta.Billed.Tokens)}, err
}

func (cohere) complaint(body []byte) complaint {
	var a struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &a)
	return complaint{message: a.Message}
}
