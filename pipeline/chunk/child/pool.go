package child

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/leatworks/leat/pipeline/chunk"
)

// InProcess cuts in the process of its caller, where package chunk's own bounds
// are all that protects it.
type InProcess struct{}

// Split cuts a text; see [chunk.Split].
func (InProcess) Split(ctx context.Context, language string, text []byte) ([]chunk.Span, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return chunk.Split(language, text), nil
}

// Config bounds the children.
type Config struct {
	// Children is how many there are at most. Default: one a processor.
	Children int
	// Memory is what a child may take, in bytes. A text of 1 MiB may take 300 MiB
	// by its budget. Default: 768 MiB. Only Linux enforces it.
	Memory int64
	// CPU is how much of a processor's time one text may take. Default: 20 s,
	// ten times what the costliest text of 1 MiB takes by its budget. Only
	// Linux enforces it.
	CPU time.Duration
	// Texts is how many texts a child cuts before another takes its place, so
	// that what a scanner leaks does not pile up. Default: 5,000.
	Texts int
}

// The defaults.
const (
	DefaultMemory = 768 << 20
	DefaultCPU    = 20 * time.Second
	DefaultTexts  = 5000
)

// LeastMemory is with what a child can start, in bytes.
const LeastMemory = 128 << 20

// attempts is how many children may die of a text before it is cut by lines:
// the first may have been killed for a reason of the machine's.
const attempts = 2

// Pool is a number of children. It is safe for concurrent use.
type Pool struct {
	cfg    Config
	log    *slog.Logger
	slots  chan *process // one a child that may run; nil: it is not started
	closed chan struct{}
	once   sync.Once
}

// New returns a pool, whose children start when they are first needed.
func New(cfg Config, log *slog.Logger) (*Pool, error) {
	if !asked.Load() {
		return nil, errors.New("start children for parsing: this program does not call child.Main first thing in main, so it cannot serve as its own child")
	}
	if cfg.Children == 0 {
		cfg.Children = runtime.GOMAXPROCS(0)
	}
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	if cfg.CPU == 0 {
		cfg.CPU = DefaultCPU
	}
	if cfg.Texts == 0 {
		cfg.Texts = DefaultTexts
	}
	if cfg.Children < 0 || cfg.Memory < LeastMemory || cfg.CPU < 0 || cfg.Texts < 0 {
		return nil, fmt.Errorf("start children for parsing: Children, CPU and Texts must not be negative, and Memory not below %d bytes", LeastMemory)
	}
	p := &Pool{cfg: cfg, log: log, slots: make(chan *process, cfg.Children), closed: make(chan struct{})}
	for range cfg.Children {
		p.slots <- nil
	}
	return p, nil
}

// Close kills the children and waits for their end. What is being cut fails.
func (p *Pool) Close() {
	p.once.Do(func() {
		close(p.closed)
		for range p.cfg.Children {
			if c := <-p.slots; c != nil {
				_ = c.end() // it is killed: how it ended says nothing
			}
		}
	})
}

var errClosed = errors.New("the pool is closed")

// Split cuts a text as [chunk.Split] does. A text of which two children die is
// cut by lines. An error says that ctx has ended, or that no child can be
// started, and nothing about the text.
func (p *Pool) Split(ctx context.Context, language string, text []byte) ([]chunk.Span, error) {
	if !chunk.Parses(language) || len(text) == 0 || len(text) > maxText || len(language) > maxLanguage {
		return chunk.Split(language, text), nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var c *process
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.closed:
		return nil, errClosed
	}
	defer func() { p.slots <- c }()
	go func() {
		select {
		case <-p.closed:
			cancel(errClosed)
		case <-ctx.Done():
		}
	}()
	var died error
	for range attempts {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if c == nil {
			var err error
			if c, err = start(p.cfg); err != nil {
				return nil, err
			}
		}
		spans, err := c.split(ctx, language, text)
		if err == nil {
			if c.texts++; c.texts >= p.cfg.Texts {
				_ = c.end() // its work is done: how it ends says nothing
				c = nil
			}
			return spans, nil
		}
		died = errors.Join(err, c.end())
		c = nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	p.log.Warn("a file is cut by lines, because its parser died", "language", language, "bytes", len(text), "error", died)
	return chunk.Lines(text), nil
}
