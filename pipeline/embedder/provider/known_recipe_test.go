package provider_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder/provider"
)

// A setting changes the recipe if and only if it changes the vectors of documents.
func TestRecipe(t *testing.T) {
	recipe := func(cfg provider.Config) string {
		t.Helper()
		e, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return e.Model().Recipe
	}
	base := provider.Config{Name: "tei/nomic@256", Provider: "openai", Model: "nomic", URLs: []string{"http://a/v1"}, NativeDimensions: 768, DocumentPrefix: "doc: "}
	const want = `model "nomic", native_dimensions 768, document_prefix "doc: "`
	if got := recipe(base); got != want {
		t.Errorf("recipe %s, want %s: this changes those that catalogs hold", got, want)
	}
	seen := map[string]bool{want: true}
	for name, change := range map[string]func(*provider.Config){
		"model":  func(c *provider.Config) { c.Model = "other" },
		"native": func(c *provider.Config) { c.NativeDimensions = 1024 },
		"prefix": func(c *provider.Config) { c.DocumentPrefix = "doc:" },
		"task":   func(c *provider.Config) { c.Provider, c.DocumentTask = "voyage", "document" },
		"none":   func(c *provider.Config) { c.DocumentPrefix, c.QueryPrefix = "", "q: " },
	} {
		cfg := base
		change(&cfg)
		if got := recipe(cfg); seen[got] {
			t.Errorf("%s changes vectors and not the recipe %s", name, got)
		} else {
			seen[got] = true
		}
	}
	for name, change := range map[string]func(*provider.Config){
		"address":    func(c *provider.Config) { c.URLs = []string{"https://b/v1"} },
		"key":        func(c *provider.Config) { c.KeyEnv = "OTHER" },
		"query side": func(c *provider.Config) { c.QueryPrefix, c.QueryTask = "q: ", "query" },
		"encoding":   func(c *provider.Config) { c.Encoding = "base64" },
		"limits": func(c *provider.Config) {
			c.BatchItems, c.Concurrency, c.RequestsPerMinute, c.Timeout = 3, 4, 5, time.Minute
		},
	} {
		cfg := base
		change(&cfg)
		if got := recipe(cfg); got != want {
			t.Errorf("%s changes the recipe: %s", name, got)
		}
	}
	for model, want := range map[string]string{
		"openai/text-embedding-3-small@1536": `model "text-embedding-3-small", native_dimensions 1536`,
		"gemini/gemini-embedding-001@768":    `model "gemini-embedding-001", native_dimensions 768, document_task "RETRIEVAL_DOCUMENT"`,
		"cohere/embed-english-v3.0@1024":     `model "embed-english-v3.0", native_dimensions 1024, document_task "search_document"`,
		"voyage/voyage-code-3@1024":          `model "voyage-code-3", native_dimensions 1024, document_task "document"`,
		"ollama/nomic-embed-text@768":        `model "nomic-embed-text", native_dimensions 768, document_prefix "search_document: "`,
	} {
		if got := recipe(provider.Config{Name: model}); got != want {
			t.Errorf("%s: recipe %s, want %s: a rebuild for whoever has it", model, got, want)
		}
	}
}
