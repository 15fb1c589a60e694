package service

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/line"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// Config configures a service.
type Config struct {
	Index  string // prefix of the names of new collections; default: leat
	Source string // CloudEvents source of the events it publishes; default: /leat/service
	// Box seals the secrets of hooks and of git hosts. Default: none, so that neither can be
	// stored.
	Box *seal.Box
	// LocalPaths lets callers with a token name repositories of the ingestor's machine, if the
	// ingestor accepts any. Default: only callers without a token may, since they have access to
	// the stores.
	LocalPaths bool
	// OpenEmbedder opens a model by its name. It is called once for each model
	// that a search or a rebuild needs.
	OpenEmbedder func(name string) (embedder.Embedder, error)
	// Mender does the part of a repair that needs more than the stores. Default: none, so that
	// nothing can be repaired.
	Mender Mender
	// TextCache is the memory, in bytes, for recently read parts of packs. Default: 0, none.
	TextCache int
	// GraphTime bounds the time to look for an answer from a symbol graph. The answer then holds
	// what was found until then. Default: DefaultGraphTime.
	GraphTime time.Duration
	// GrepBytes is the number of bytes of texts that one answer of Grep looks at. It finishes the
	// batch of files that reaches this number. Default: DefaultGrepBytes.
	GrepBytes int64
}

// Service answers requests from the stores. Any number of goroutines may call its methods.
type Service struct {
	cfg    Config
	stores *store.Stores
	texts  *blob.Cache // of the texts in stores.Blobs, for answers that show texts

	mu     sync.Mutex
	models map[string]embedder.Embedder // opened so far, by name

	notes   notes   // recently searched tracks
	bearers bearers // tokens that were recently valid

	turn    chan struct{} // one request at a time reads a whole graph
	imports *line.Places  // bounds the imports of indexes at once
	sites   sites         // recently made wikis
}

// New returns a service over stores that the caller opens and closes. A method that
// needs a store that is not open returns an error of kind Unavailable.
func New(cfg Config, stores *store.Stores) *Service {
	if cfg.Index == "" {
		cfg.Index = "leat"
	}
	if cfg.Source == "" {
		cfg.Source = "/leat/service"
	}
	if cfg.GraphTime == 0 {
		cfg.GraphTime = DefaultGraphTime
	}
	if cfg.GrepBytes == 0 {
		cfg.GrepBytes = DefaultGrepBytes
	}
	return &Service{cfg: cfg, stores: stores, texts: blob.NewCache(stores.Blobs, cfg.TextCache), models: make(map[string]embedder.Embedder), turn: make(chan struct{}, 1), imports: line.NewPlaces(maxImports, false)}
}

// check refuses an impossible tenant, a tenant that the caller's token does not reach, and a method
// whose stores are not open.
func (s *Service) check(ctx context.Context, tenant string, parts store.Parts) error {
	if err := events.CheckTenant(tenant); err != nil {
		return &Error{Kind: Invalid, Field: FieldTenant, Err: err}
	}
	if caller, ok := access.From(ctx); ok && caller.Tenant != "" && caller.Tenant != tenant {
		return denied("the token belongs to another tenant")
	}
	return s.need(parts)
}

func (s *Service) need(parts store.Parts) error {
	for _, p := range []struct {
		part store.Parts
		open bool
		name string
	}{
		{store.Postgres, s.stores.Catalog != nil, "Postgres"},
		{store.NATS, s.stores.Broker != nil, "NATS"},
		{store.S3, s.stores.Blobs != nil, "S3"},
		{store.Qdrant, s.stores.Points != nil, "Qdrant"},
	} {
		if parts&p.part != 0 && !p.open {
			return &Error{Kind: Unavailable, Reason: "the service has no connection to " + p.name}
		}
	}
	return nil
}

// Ready returns an error if the catalog's schema is not up to date, or if there is no index. Every
// request needs both.
func (s *Service) Ready(ctx context.Context) (err error) {
	defer mark(&err)
	_, err = s.active(ctx)
	return err
}

// active returns the generation that answers searches now.
func (s *Service) active(ctx context.Context) (catalog.Generation, error) {
	active, err := s.stores.Catalog.Generations.Active(ctx)
	if err == nil {
		return active, nil
	}
	steps, stepsErr := s.stores.Catalog.Schema.Status(ctx)
	if stepsErr == nil { // a starting worker may have made it meanwhile
		active, err = s.stores.Catalog.Generations.Active(ctx)
	}
	switch {
	case err == nil:
		return active, nil
	case stepsErr == nil && slices.ContainsFunc(steps, func(m catalog.Migration) bool { return !m.Applied }):
		return active, &Error{Kind: Unavailable, Err: ErrNoSchema}
	case errors.Is(err, catalog.ErrNotFound):
		return active, &Error{Kind: Unavailable, Err: ErrNoIndex}
	}
	return active, err
}

// generation returns the number of the active generation, 0 if there is none yet.
func (s *Service) generation(ctx context.Context) (int64, error) {
	active, err := s.active(ctx)
	if errors.Is(err, ErrNoIndex) {
		return 0, nil
	}
	return active.Number, err
}

// model returns the embedder of a generation's vectors.
func (s *Service) model(known catalog.Embedder) (embedder.Embedder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if model := s.models[known.Name]; model != nil {
		return model, nil
	}
	model, err := s.cfg.OpenEmbedder(known.Name)
	if err != nil {
		return nil, err
	}
	if err := known.Check(store.ModelOf(model)); err != nil {
		return nil, err
	}
	s.models[known.Name] = model
	return model, nil
}
