//go:build linux

package peer

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/leatworks/leat/pipeline/embedder"
)

// Texts counts what an embedder was asked.
type Texts struct {
	Requests int64 `json:"requests"`
	Texts    int64 `json:"texts"`
	Bytes    int64 `json:"bytes"`
}

func (t Texts) minus(u Texts) Texts {
	return Texts{t.Requests - u.Requests, t.Texts - u.Texts, t.Bytes - u.Bytes}
}

// server embeds for every program by the API of OpenAI: POST /v1/embeddings. The vectors are those
// of leat's built-in model.
type server struct {
	http *http.Server
	url  string // ends in /v1
	done chan struct{}

	mu    sync.Mutex
	asked Texts
}

// maxAsked is the size of the largest request.
const maxAsked = 64 << 20

func serve() (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{url: fmt.Sprintf("http://%s/v1", listener.Addr()), done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", s.embed)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

func (s *server) close() {
	_ = s.http.Close()
	<-s.done
}

// count returns the counts so far.
func (s *server) count() Texts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// inputs are texts, or a single one.
type inputs []string

func (in *inputs) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*in = make(inputs, 1)
		return json.Unmarshal(data, &(*in)[0])
	}
	return json.Unmarshal(data, (*[]string)(in))
}

func (s *server) embed(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Model    string `json:"model"`
		Input    inputs `json:"input"`
		Encoding string `json:"encoding_format"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxAsked)).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	vectors, err := (embedder.Local{}).Embed(r.Context(), asked.Input, embedder.Document)
	if err != nil {
		return // the client has gone
	}
	type one struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	data := make([]one, len(vectors))
	bytes := 0
	for i, v := range vectors {
		data[i] = one{"embedding", i, v}
		if asked.Encoding == "base64" {
			data[i].Embedding = packed(v)
		}
		bytes += len(asked.Input[i])
	}
	s.mu.Lock()
	s.asked.Requests++
	s.asked.Texts += int64(len(vectors))
	s.asked.Bytes += int64(bytes)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	tokens := map[string]int{"prompt_tokens": bytes / 4, "total_tokens": bytes / 4}
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "model": asked.Model, "data": data, "usage": tokens})
}

// packed is a vector as base64 of its little-endian floats.
func packed(vector []float32) string {
	raw := make([]byte, 0, 4*len(vector))
	for _, v := range vector {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// dimensions of the vectors.
func dimensions() int { return (embedder.Local{}).Model().Dimensions }
