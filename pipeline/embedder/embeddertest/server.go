package embeddertest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/embedder"
)

// Key is the key that a Server accepts.
const Key = "sk-secret-of-the-tests"

// ServerConfig describes a Server. Zero means no bound.
type ServerConfig struct {
	Format   string        // openai, azure, ollama, gemini, cohere or voyage; default: openai
	MaxBytes int           // size of the longest text
	AtOnce   int           // concurrent requests above which it answers 429
	Delay    time.Duration // the delay of each answer
	Poison   string        // a text that contains this is refused
	Breaks   string        // a text that contains this is answered with 500
	Bars     string        // a text that contains this is answered with 403, as a firewall does
	Tires    string        // a text that contains this is answered with 429, as if there were too many requests
	Crashes  string        // a text that contains this gets no answer: the connection is cut
	Silent   bool          // its answers give no number of tokens
	Shift    int           // number of places by which vectors are rotated, which makes it another model
}

// Server is a fake provider over real HTTP. It serves the vectors of local-384, scaled to another length, in the wire
// format of a provider, and is as strict about requests as the provider's documentation. Scripted faults come first.
type Server struct {
	URL    string
	cfg    ServerConfig
	format format

	mu       sync.Mutex
	script   []Fault
	requests int
	refused  int            // requests refused as too many at once
	atOnce   int            // requests under way
	most     int            // most requests under way at once
	texts    map[string]int // number of answers to each text
	busy     time.Duration  // time of all requests, added up
}

// Fault handles a request instead of the server. It may call answer to change the vectors, or send another answer, or
// none.
type Fault func(w http.ResponseWriter, r *http.Request, answer func(change func(Answer) Answer))

// Answer is the answer that a server is about to give.
type Answer struct {
	Vectors [][]float32
	Indices []int // of the texts
	Tokens  int
	Base64  bool
}

// NewServer starts a server that ends with the test.
func NewServer(t testing.TB, cfg ServerConfig) *Server {
	t.Helper()
	if cfg.Format == "" {
		cfg.Format = "openai"
	}
	s := &Server{cfg: cfg, format: formats[cfg.Format], texts: make(map[string]int)}
	if s.format.read == nil {
		t.Fatalf("embeddertest: there is no format %q", cfg.Format)
	}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL + s.format.base
	return s
}

// Script sets the faults of the next requests, one for each. nil is a normal answer.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, faults...)
}

// Stats counts the requests to a server.
type Stats struct {
	Requests, Refused, Most int
	Busy                    time.Duration // time of answered requests, added up
}

// Stats returns the counts since the start.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{s.requests, s.refused, s.most, s.busy}
}

// Answered returns the number of answers to each text.
func (s *Server) Answered() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]int, len(s.texts))
	for text, n := range s.texts {
		all[text] = n
	}
	return all
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	fault, leave := s.enter()
	defer leave()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := func(change func(Answer) Answer) { s.answer(w, r, body, change) }
	if fault != nil {
		fault(w, r, answer)
		return
	}
	answer(nil)
}

// enter counts a request, and returns its fault.
func (s *Server) enter() (Fault, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.atOnce++
	s.most = max(s.most, s.atOnce)
	var fault Fault
	if len(s.script) > 0 {
		fault, s.script = s.script[0], s.script[1:]
	} else if s.cfg.AtOnce > 0 && s.atOnce > s.cfg.AtOnce {
		s.refused++
		fault = Status(http.StatusTooManyRequests, "rate limit reached")
	}
	return fault, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.atOnce--
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, body []byte, change func(Answer) Answer) {
	began := time.Now()
	if s.format.key(r) != Key {
		s.fail(w, http.StatusUnauthorized, "the key "+s.format.key(r)+" is wrong")
		return
	}
	q, err := s.format.read(r, body)
	if err == nil {
		err = s.check(q.texts)
	}
	if err != nil {
		s.fail(w, http.StatusBadRequest, err.Error())
		return
	}
	select {
	case <-time.After(s.cfg.Delay):
	case <-r.Context().Done():
		return
	}
	switch {
	case s.cfg.Breaks != "" && strings.Contains(strings.Join(q.texts, "\n"), s.cfg.Breaks):
		s.fail(w, http.StatusInternalServerError, "failed to encode response: json: unsupported value: NaN")
		return
	case s.cfg.Bars != "" && strings.Contains(strings.Join(q.texts, "\n"), s.cfg.Bars):
		s.fail(w, http.StatusForbidden, "blocked")
		return
	case s.cfg.Tires != "" && strings.Contains(strings.Join(q.texts, "\n"), s.cfg.Tires):
		s.fail(w, http.StatusTooManyRequests, "request too large: limit 1000, requested 2000")
		return
	case s.cfg.Crashes != "" && strings.Contains(strings.Join(q.texts, "\n"), s.cfg.Crashes):
		panic(http.ErrAbortHandler)
	}
	a, err := s.vectors(q)
	if err != nil {
		s.fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if change != nil {
		a = change(a)
	}
	s.mu.Lock()
	for _, text := range q.texts {
		s.texts[text]++
	}
	s.busy += time.Since(began)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.format.write(a))
}

func (s *Server) check(texts []string) error {
	if len(texts) == 0 || len(texts) > s.format.items {
		return fmt.Errorf("%d inputs, and 1 to %d are allowed", len(texts), s.format.items)
	}
	for _, text := range texts {
		switch {
		case text == "":
			return fmt.Errorf("input cannot be an empty string")
		case s.cfg.Poison != "" && strings.Contains(text, s.cfg.Poison):
			return fmt.Errorf("input is not allowed")
		case s.cfg.MaxBytes > 0 && len(text) > s.cfg.MaxBytes:
			return fmt.Errorf("this model's maximum context length is %d tokens", s.cfg.MaxBytes)
		}
	}
	return nil
}

// vectors returns the vectors of local-384, three times as long and cut to the dimensions of the request.
func (s *Server) vectors(q query) (Answer, error) {
	vectors, err := embedder.Local{}.Embed(context.Background(), q.texts, embedder.Document)
	if err != nil {
		return Answer{}, err
	}
	if q.dimensions > len(vectors[0]) {
		return Answer{}, fmt.Errorf("dimensions %d: at most %d", q.dimensions, len(vectors[0]))
	}
	a := Answer{Vectors: vectors, Base64: q.base64}
	for i, v := range vectors {
		for k := range v {
			v[k] *= 3
		}
		v = append(v[s.cfg.Shift:], v[:s.cfg.Shift]...)
		if q.dimensions > 0 {
			v = v[:q.dimensions]
		}
		vectors[i] = v
		a.Indices = append(a.Indices, i)
		if !s.cfg.Silent {
			a.Tokens += (len(q.texts[i]) + 3) / 4
		}
	}
	return a, nil
}

func (s *Server) fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(s.format.complain(status, message))
}
