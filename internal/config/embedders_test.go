package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// The file is read once for all copies of the flags, so that a later change of it cannot make the
// parts of one process disagree.
func TestTheFileOfEmbeddersIsReadOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "embedders.yaml")
	const content = `
embedders:
  - name: openai/mine@8
    urls: [http://127.0.0.1:1/v1]
budgets:
  - {tenant: acme, tokens_per_day: 7}
`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := parsed(t, "--embedders-file", file)
	if err := cfg.Embedders.Check(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	budget, err := cfg.Budgets()
	if err != nil {
		t.Fatal(err)
	}
	if got := budget("acme").Tokens; got != 7 {
		t.Errorf("acme may spend %d tokens, want 7", got)
	}
	model, err := cfg.OpenEmbedder("openai/mine@8", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := model.Model().Dimensions; got != 8 {
		t.Errorf("the model has %d dimensions, want 8", got)
	}
}
