package provider

import (
	"encoding/json"
	"net/http"

	"github.com/leatworks/leat/pipeline/embedder"
)

// ollama is POST /api/embed. By default, Ollama cuts texts that are too long. With truncate set to false it refuses
// them. Source: ollama/ollama, docs/api.md, "Generate Embeddings", and EmbedRequest in api/types.go.
type ollama struct{ cfg *Config }

type ollamaRequest struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Truncate   bool     `json:"truncate"`
	Dimensions int      `json:"dimensions,omitempty"`
}

func (w ollama) request(texts []string, _ embedder.Purpose) (string, any) {
	return "/api/embed", ollamaRequest{w.cfg.Model, texts, false, w.cfg.asked()}
}

func (ollama) authorize(h http.Header, key string) { bearer(h, key) }

func (ollama) answer(body []byte, n int) (answer, error) {
	var a struct {
		Embeddings []numbers `json:"embeddings"`
		Tokens     float64   `json:"prompt_eval_count"`
	}
	if err := decode(body, &a); err != nil {
		return answer{}, err
	}
	vectors, err := plain(a.Embeddings, n)
	return answer{vectors, counted(a.Tokens)}, err
}

func (ollama) complaint(body []byte) complaint {
	var a struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &a)
	return complaint{message: a.Error}
}
