package provider

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
)

// gemini is models.batchEmbedContents. The server silently cuts texts that are too long, and does not count tokens.
// Each request names the model. Source: ai.google.dev/api/embeddings, EmbedContentRequest; google.rpc.RetryInfo of
// googleapis/googleapis, google/rpc/error_details.proto.
type gemini struct{ cfg *Config }

type geminiBatch struct {
	Requests []geminiRequest `json:"requests"`
}

type geminiRequest struct {
	Model      string        `json:"model"`
	Content    geminiContent `json:"content"`
	TaskType   string        `json:"taskType,omitempty"`
	Dimensions int           `json:"outputDimensionality,omitempty"`
}

type geminiContent struct {
	Parts []geminiPart `json:"parts"`
}

type geminiPart struct {
	Text string `json:"text"`
}

func (w gemini) request(texts []string, p embedder.Purpose) (string, any) {
	name := "models/" + w.cfg.Model
	batch := geminiBatch{make([]geminiRequest, len(texts))}
	for i, text := range texts {
		batch.Requests[i] = geminiRequest{name, geminiContent{[]geminiPart{{text}}}, w.cfg.task(p), w.cfg.asked()}
	}
	return "/models/" + url.PathEscape(w.cfg.Model) + ":batchEmbedContents", batch
}

func (gemini) authorize(h http.Header, key string) { h.Set("X-Goog-Api-Key", key) }

func (gemini) answer(body []byte, n int) (answer, error) {
	var a struct {
		Embeddings []struct {
			Values numbers `json:"values"`
		} `json:"embeddings"`
	}
	if err := decode(body, &a); err != nil {
		return answer{}, err
	}
	list := make([]numbers, len(a.Embeddings))
	for i, e := range a.Embeddings {
		list[i] = e.Values
	}
	vectors, err := plain(list, n)
	return answer{vectors: vectors}, err
}

// complaint reads google.rpc.Status, whose details may give a time to wait.
func (gemini) complaint(body []byte) complaint {
	var a struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Type  string `json:"@type"`
				Delay string `json:"retryDelay"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &a)
	c := complaint{code: a.Error.Status, message: a.Error.Message}
	for _, d := range a.Error.Details {
		if strings.HasSuffix(d.Type, "google.rpc.RetryInfo") {
			c.after = d.Delay
		}
	}
	return c
}
