package provider_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/embedder/embeddertest"
	"github.com/leatworks/leat/pipeline/embedder/provider"
)

var formats = []string{"openai", "azure", "ollama", "gemini", "cohere", "voyage"}

// journal collects the log.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// config returns the configuration of an embedder at servers of one format.
func config(t testing.TB, format string, servers ...*embeddertest.Server) provider.Config {
	t.Helper()
	t.Setenv("TEST_EMBEDDER_KEY", embeddertest.Key)
	cfg := provider.Config{Name: format + "/fake@384", KeyEnv: "TEST_EMBEDDER_KEY", OpenFor: time.Millisecond, MaxTokens: 8192}
	for _, s := range servers {
		cfg.URLs = append(cfg.URLs, s.URL)
	}
	return cfg
}

func open(t testing.TB, cfg provider.Config) *provider.Embedder {
	t.Helper()
	e, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestConformance(t *testing.T) {
	for _, format := range formats {
		t.Run(format, func(t *testing.T) {
			server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: format, MaxBytes: 3000})
			embeddertest.Run(t, open(t, config(t, format, server)))
		})
	}
	for name, change := range map[string]func(*provider.Config){
		"base64": func(c *provider.Config) { c.Encoding = "base64" },
		"asked for fewer dimensions": func(c *provider.Config) {
			c.Name, c.AskDimensions = "openai/fake@128", new(true)
		},
		"cut to fewer dimensions": func(c *provider.Config) { c.Name, c.NativeDimensions = "openai/fake@128", 384 },
		"cosine":                  func(c *provider.Config) { c.Distance = embedder.Cosine },
		"small batches":           func(c *provider.Config) { c.BatchItems = 2 },
		"prefixes": func(c *provider.Config) {
			c.DocumentPrefix, c.QueryPrefix = "document: ", "query: "
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
			cfg := config(t, "openai", server)
			change(&cfg)
			embeddertest.Run(t, open(t, cfg))
		})
	}
}

// LEAT_TEST_OPENAI_URL is the address of a running server, such as http://127.0.0.1:8000/v1. LEAT_TEST_OPENAI_MODEL,
// _DIMENSIONS and _KEY hold the model, its dimensions and the key, if they are needed.
func TestConformanceOfARealServer(t *testing.T) {
	address := os.Getenv("LEAT_TEST_OPENAI_URL")
	if address == "" {
		t.Skip("LEAT_TEST_OPENAI_URL names no server")
	}
	e := open(t, provider.Config{
		Name: "openai/" + os.Getenv("LEAT_TEST_OPENAI_MODEL"), URLs: []string{address}, KeyEnv: "LEAT_TEST_OPENAI_KEY",
	})
	if err := e.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	embeddertest.Run(t, e)
}

// sample returns texts with different vectors.
func sample(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "func " + strings.Repeat("x", i%7+1) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "() {}"
	}
	return list
}

// right fails the test unless each vector is the one of its text.
func right(t *testing.T, texts []string, vectors [][]float32) {
	t.Helper()
	want, err := embedder.Local{}.Embed(t.Context(), texts, embedder.Document)
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors) != len(texts) {
		t.Fatalf("%d vectors of %d texts", len(vectors), len(texts))
	}
	for i := range texts {
		if c := cosine(vectors[i], want[i]); c < 0.999 {
			t.Errorf("text %d has a vector with cosine %.3f to its own", i, c)
		}
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range min(len(a), len(b)) {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// An invalid answer is noticed, and no part of it is used. The texts are sent again, and get their own vectors.
func TestWrongAnswersAreNotUsed(t *testing.T) {
	faults := map[string]embeddertest.Fault{
		"a vector missing":      embeddertest.Missing,
		"one too many":          embeddertest.Surplus,
		"too few dimensions":    embeddertest.Narrow,
		"zeros":                 embeddertest.Zeros,
		"not a number":          embeddertest.NaN,
		"infinite":              embeddertest.Infinite,
		"cut off":               embeddertest.Cut,
		"HTML":                  embeddertest.Body("text/html", "<!doctype html><title>Sign in</title>"),
		"nothing":               embeddertest.Body("application/json", ""),
		"half of JSON":          embeddertest.Body("application/json", `{"data":[{"index":0,"embedding":[0.1,`),
		"an error with 200":     embeddertest.Body("application/json", `{"error":{"message":"overloaded"}}`),
		"far too much":          embeddertest.Body("application/json", strings.Repeat(" ", 8<<20)),
		"a server error":        embeddertest.Status(http.StatusInternalServerError, "oops"),
		"a bad gateway":         embeddertest.Status(http.StatusBadGateway, ""),
		"too many requests":     embeddertest.Status(http.StatusTooManyRequests, "slow down", "Retry-After", "0"),
		"later":                 embeddertest.Status(http.StatusTooManyRequests, "slow down", "Retry-After-Ms", "3"),
		"a wrong key":           embeddertest.Status(http.StatusUnauthorized, "no"),
		"a model that is gone":  embeddertest.Status(http.StatusNotFound, "no such model"),
		"a redirect":            embeddertest.Status(http.StatusFound, "", "Location", "http://127.0.0.1:1/"),
		"a refusal that passes": embeddertest.Status(http.StatusBadRequest, "not today"),
	}
	for _, format := range formats {
		for name, fault := range faults {
			t.Run(format+"/"+name, func(t *testing.T) {
				server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: format})
				e := open(t, config(t, format, server))
				if err := e.Probe(t.Context()); err != nil {
					t.Fatal(err)
				}
				server.Script(fault, fault)
				texts := sample(5)
				vectors, err := e.Embed(t.Context(), texts, embedder.Document)
				if err != nil {
					t.Fatal(err)
				}
				right(t, texts, vectors)
				if n := server.Stats().Requests; n < 4 {
					t.Errorf("%d requests: the faults were not met", n)
				}
			})
		}
	}
}

func TestVectorsGoByTheirIndex(t *testing.T) {
	for _, format := range []string{"openai", "azure", "voyage"} {
		server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: format})
		e := open(t, config(t, format, server))
		server.Script(nil, embeddertest.Backwards) // the first is the probe
		texts := sample(5)
		vectors, err := e.Embed(t.Context(), texts, embedder.Document)
		if err != nil {
			t.Fatal(err)
		}
		right(t, texts, vectors)
	}
}

func TestOneBadTextFailsAlone(t *testing.T) {
	for _, format := range formats {
		t.Run(format, func(t *testing.T) {
			server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: format, Poison: "poison"})
			e := open(t, config(t, format, server))
			texts := sample(40)
			texts[17] += "poison"
			vectors, err := e.Embed(t.Context(), texts, embedder.Document)
			if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
				t.Fatalf("%v", err)
			}
			if vectors[17] != nil {
				t.Error("the text that was refused has a vector")
			}
			vectors[17] = nil
			right(t, slices.Delete(slices.Clone(texts), 17, 18), slices.Delete(vectors, 17, 18))
			for text, n := range server.Answered() {
				if n > 1 && slices.Contains(texts, text) {
					t.Errorf("%q was paid for %d times", text, n)
				}
			}
		})
	}
}

// A text that breaks the model fails alone. It does not count as an outage: other texts get their vectors, and no
// request waits until the address is tried again.
func TestATextThatBreaksTheModelFailsAlone(t *testing.T) {
	for name, server := range map[string]embeddertest.ServerConfig{
		"answered with 500": {Breaks: "poison"}, "answered with 429": {Tires: "poison"}, "answered with 403": {Bars: "poison"}, "cut off": {Crashes: "poison"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, "openai", embeddertest.NewServer(t, server))
			if server.Breaks != "" || server.Bars != "" {
				cfg.OpenFor = time.Hour // a failure held against the address would last
			}
			e := open(t, cfg)
			texts := sample(200)
			bad := []int{3, 17, 90, 91, 150, 199}
			for _, i := range bad {
				texts[i] += "poison"
			}
			vectors, err := e.Embed(t.Context(), texts, embedder.Document)
			if kind, _ := fault.Of(err); !errors.Is(err, embedder.ErrTexts) || kind != fault.KindRetry {
				t.Fatalf("%v", err)
			}
			for i, v := range vectors {
				if isBad := slices.Contains(bad, i); isBad != (v == nil) {
					t.Errorf("text %d: a vector of %d dimensions", i, len(v))
				}
			}
		})
	}
}

// While a server refuses every text, the texts wait, because they are not at fault.
func TestARefusalOfEverythingIsNoTextsFault(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{Poison: "func"}) // the probe too
	e := open(t, config(t, "openai", server))
	ctx, cancel := context.WithCancel(t.Context())
	server.Script(nil, nil, nil, nil, func(_ http.ResponseWriter, _ *http.Request, answer func(func(embeddertest.Answer) embeddertest.Answer)) {
		answer(nil)
		cancel()
	})
	_, err := e.Embed(ctx, sample(2), embedder.Document)
	if kind, _ := fault.Of(err); !errors.Is(err, context.Canceled) || kind != fault.KindRetry {
		t.Errorf("%v", err)
	}
}

func TestATextThatIsTooLongIsEmbeddedInParts(t *testing.T) {
	var long string
	for i := range 60 {
		long += fmt.Sprintf("func parse%d(header string) error { return nil }\ntype Server%[1]d struct{ address string }\n", i)
	}
	for name, change := range map[string]func(*provider.Config){
		"as estimated": func(c *provider.Config) { c.MaxTokens, c.BytesPerToken = 1000, 1 },
		"as refused":   func(*provider.Config) {},
	} {
		for _, format := range formats {
			t.Run(name+"/"+format, func(t *testing.T) {
				server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: format, MaxBytes: 1000})
				cfg := config(t, format, server)
				change(&cfg)
				e := open(t, cfg)
				vectors, costs, err := e.EmbedMetered(t.Context(), []string{"short", long}, embedder.Document)
				if err != nil {
					t.Fatal(err)
				}
				whole := ""
				parts := 0
				for _, text := range slices.Sorted(maps.Keys(server.Answered())) {
					if strings.Contains(long, text) {
						parts++
						whole += text
					}
				}
				if parts < 5 || len(whole) != len(long) {
					t.Errorf("%d parts of %d bytes of %d", parts, len(whole), len(long))
				}
				right(t, []string{"short"}, vectors[:1])
				local, err := embedder.Local{}.Embed(t.Context(), []string{long}, embedder.Document)
				if err != nil {
					t.Fatal(err)
				}
				if c := cosine(vectors[1], local[0]); c < 0.9 {
					t.Errorf("the parts' vector has cosine %.3f with the whole's", c)
				}
				if costs[1].Tokens < len(long)/8 {
					t.Errorf("a text of %d bytes cost %d tokens", len(long), costs[1].Tokens)
				}
			})
		}
	}
}
