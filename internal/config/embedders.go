package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/embedder/provider"
)

// Embedders names the file that describes embedders. A provider's well-known models need only a
// name, and no entry in it.
type Embedders struct {
	EmbeddersFile string `name:"embedders-file" env:"LEAT_EMBEDDERS_FILE,LEAT_EMBEDDERS" type:"path" placeholder:"FILE" help:"YAML file that describes embedders. Keys come from the environment, or from files that this file names."`

	reading *reading
}

// reading is the content of the file, shared by all copies of the flags.
type reading struct {
	once sync.Once
	file embeddersFile
	err  error
}

// AfterApply is called by kong after it has read the flags. From then on the file is read only
// once. A value that kong has not filled reads the file with every call.
func (e *Embedders) AfterApply() error {
	e.reading = new(reading)
	return nil
}

// maxEmbedders bounds the file of embedders, in bytes.
const maxEmbedders = 1 << 20

// embeddersFile is the content of the file.
type embeddersFile struct {
	Embedders []provider.Config `yaml:"embedders"`
	Budgets   []budget          `yaml:"budgets"`
}

// budget bounds the spending of a tenant on a UTC day.
type budget struct {
	Tenant string  `yaml:"tenant"` // or anyTenant
	Tokens int64   `yaml:"tokens_per_day"`
	Cost   float64 `yaml:"cost_per_day"` // in the currency of the prices
}

// anyTenant names the budget of every tenant without one of its own.
const anyTenant = "*"

func (e Embedders) read() (embeddersFile, error) {
	r := e.reading
	if r == nil {
		return e.readFile()
	}
	r.once.Do(func() { r.file, r.err = e.readFile() })
	return r.file, r.err
}

func (e Embedders) readFile() (embeddersFile, error) {
	var file embeddersFile
	if e.EmbeddersFile == "" {
		return file, nil
	}
	const flag = "--embedders-file (LEAT_EMBEDDERS_FILE)"
	f, err := os.Open(e.EmbeddersFile)
	if err != nil {
		return file, fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	d := yaml.NewDecoder(io.LimitReader(f, maxEmbedders))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return file, fmt.Errorf("%s %s: %w", flag, e.EmbeddersFile, err)
	}
	seen := make(map[string]bool)
	for _, cfg := range file.Embedders {
		if seen[cfg.Name] || cfg.Name == embedder.LocalName {
			return file, fmt.Errorf("%s %s: embedder %.100q is listed twice; remove one", flag, e.EmbeddersFile, cfg.Name)
		}
		seen[cfg.Name] = true
		if err := cfg.Check(); err != nil {
			return file, fmt.Errorf("%s %s: %w", flag, e.EmbeddersFile, err)
		}
	}
	for _, b := range file.Budgets {
		if err := events.CheckTenant(b.Tenant); err != nil && b.Tenant != anyTenant {
			return file, fmt.Errorf("%s %s: budget: %w", flag, e.EmbeddersFile, err)
		}
		if b.Tokens < 0 || b.Cost < 0 {
			return file, fmt.Errorf("%s %s: the budget of %s is negative; give 0 or more", flag, e.EmbeddersFile, b.Tenant)
		}
	}
	return file, nil
}

// Budgets returns a function that gives what a tenant may spend on a day, or nil if no tenant has a
// budget.
func (e Embedders) Budgets() (func(tenant string) catalog.Budget, error) {
	file, err := e.read()
	if err != nil || len(file.Budgets) == 0 {
		return nil, err
	}
	byTenant := make(map[string]catalog.Budget)
	for _, b := range file.Budgets {
		byTenant[b.Tenant] = catalog.Budget{Tokens: b.Tokens, Cost: b.Cost}
	}
	return func(tenant string) catalog.Budget {
		if own, named := byTenant[tenant]; named {
			return own
		}
		return byTenant[anyTenant]
	}, nil
}

// Check reads the file and returns an error that says what to change in it.
func (e Embedders) Check() error {
	_, err := e.read()
	return err
}

// OpenEmbedder returns the embedder of a name: the built-in one, one of the file, or a provider's
// model with its defaults. limits may be nil for an embedder that only embeds queries.
func (e Embedders) OpenEmbedder(name string, limits provider.Limits, log *slog.Logger) (embedder.Embedder, error) {
	if name == embedder.LocalName {
		return embedder.Local{}, nil
	}
	file, err := e.read()
	if err != nil {
		return nil, err
	}
	cfg := provider.Config{Name: name}
	if i := slices.IndexFunc(file.Embedders, func(c provider.Config) bool { return c.Name == name }); i >= 0 {
		cfg = file.Embedders[i]
	}
	return provider.Open(cfg, chunk.Parts, limits, log)
}
