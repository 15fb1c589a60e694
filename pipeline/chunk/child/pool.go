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

// InProcess cuts in the process of its caller, which only the bounds of package chunk
// protect.
type InProcess struct{}

// Cut cuts texts; see [chunk.Cut].
func (InProcess) Cut(ctx context.Context, texts []chunk.Text) ([]chunk.Cutting, error) {
	cuttings := make([]chunk.Cutting, len(texts))
	for i, t := range texts {
		var err error
		if cuttings[i], err = chunk.Cut(ctx, t.Language, t.Bytes); err != nil {
			return nil, err
		}
	}
	return cuttings, nil
}

// Config bounds the children.
type Config struct {
	// Children is how many there are at most. Default: one a processor.
	Children int
	// Memory is the most that a child may take, in bytes. A text of 1 MiB may take 300 MiB
	// by its budget. Default: 768 MiB. Only Linux enforces it.
	Memory int64
	// CPU is how much of a processor's time one text may take. Default: 20 s,
	// ten times what the costliest text of 1 MiB takes by its budget. Only
	// Linux enforces it.
	CPU time.Duration
	// Texts is how many texts a child cuts before another child takes its place, so that
	// a scanner's leaks do not pile up. It also cuts those that came with the last.
	// Default: 5,000.
	Texts int
}

// The defaults.
const (
	DefaultMemory = 768 << 20
	DefaultCPU    = 20 * time.Second
	DefaultTexts  = 5000
)

// LeastMemory is the least memory with which a child can start, in bytes.
const LeastMemory = 128 << 20

// attempts is how many children may die of a single text before it is cut by lines: the
// machine may have killed the first for a reason of its own.
const attempts = 2

// Pool is a number of children. It is safe for concurrent use.
type Pool struct {
	cfg    Config
	log    *slog.Logger
	slots  chan struct{} // one a child that may run
	idle   chan *process // those that run and have nothing to do
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
	p := &Pool{cfg: cfg, log: log, slots: make(chan struct{}, cfg.Children), idle: make(chan *process, cfg.Children), closed: make(chan struct{})}
	for range cfg.Children {
		p.slots <- struct{}{}
	}
	return p, nil
}

// Close kills the children and waits for their end. Calls under way fail.
func (p *Pool) Close() {
	p.once.Do(func() {
		close(p.closed)
		for range p.cfg.Children {
			<-p.slots
			if c := p.waiting(); c != nil {
				_ = c.end() // it is killed: how it ended says nothing
			}
		}
	})
}

var errClosed = errors.New("the pool is closed")

// Cut cuts each text as [chunk.Cut] does. The texts go to one child, one after the other,
// so that it does not fall asleep between them. If it dies, each text that it has not
// answered is given to a child by itself. A text of which two children die by itself is cut
// by lines. An error means that ctx has ended, or that no child can be started, and says
// nothing about the texts.
func (p *Pool) Cut(ctx context.Context, texts []chunk.Text) ([]chunk.Cutting, error) {
	cuttings := make([]chunk.Cutting, len(texts))
	var parsed []int // indexes of the texts that need a child
	for i, t := range texts {
		if chunk.Parses(t.Language) && len(t.Bytes) > 0 && len(t.Bytes) <= maxText && len(t.Language) <= maxLanguage {
			parsed = append(parsed, i)
			continue
		}
		var err error
		if cuttings[i], err = chunk.Cut(ctx, t.Language, t.Bytes); err != nil {
			return nil, err
		}
	}
	if len(parsed) == 0 {
		return cuttings, ctx.Err()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turn := turn{Pool: p}
	select {
	case <-p.slots:
		turn.child = p.waiting()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.closed:
		return nil, errClosed
	}
	defer turn.end()
	go func() {
		select {
		case <-p.closed:
			cancel(errClosed)
		case <-ctx.Done():
		}
	}()
	done := 0
	if len(parsed) > 1 {
		together := make([]chunk.Text, len(parsed))
		for i, at := range parsed {
			together[i] = texts[at]
		}
		answers, _, err := turn.cut(ctx, together) // why the child died, the texts alone tell
		if err != nil {
			return nil, err
		}
		for _, answer := range answers {
			cuttings[parsed[done]] = answer
			done++
		}
	}
	for _, at := range parsed[done:] {
		var err error
		if cuttings[at], err = turn.alone(ctx, texts[at]); err != nil {
			return nil, err
		}
	}
	return cuttings, nil
}

// waiting returns a child that has nothing to do, or nil if there is none. The caller holds
// a slot: another child is started only while all running ones are busy.
func (p *Pool) waiting() *process {
	select {
	case c := <-p.idle:
		return c
	default:
		return nil
	}
}

// turn is the time for which one call has a slot of the pool.
type turn struct {
	*Pool
	child *process // nil: none runs
}

// end gives the child and the slot back.
func (t *turn) end() {
	if t.child != nil {
		t.idle <- t.child
	}
	t.slots <- struct{}{}
}

// cut has texts cut by the child, which it starts if none runs. If the child dies, it
// returns the answers so far, and the reason as died.
func (t *turn) cut(ctx context.Context, texts []chunk.Text) (cuttings []chunk.Cutting, died, err error) {
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	if t.child == nil {
		if t.child, err = start(t.cfg); err != nil {
			return nil, nil, err
		}
	}
	cuttings, died = t.child.cut(ctx, texts)
	t.child.texts += len(cuttings)
	if died == nil && t.child.texts < t.cfg.Texts {
		return cuttings, nil, nil
	}
	end := t.child.end() // says nothing where its work is done
	t.child = nil
	if died != nil {
		died = errors.Join(died, end)
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	return cuttings, died, nil
}

// alone has one text cut, by lines if children die of it.
func (t *turn) alone(ctx context.Context, text chunk.Text) (chunk.Cutting, error) {
	var died error
	for range attempts {
		var cuttings []chunk.Cutting
		var err error
		if cuttings, died, err = t.cut(ctx, []chunk.Text{text}); err != nil {
			return chunk.Cutting{}, err
		}
		if died == nil {
			return cuttings[0], nil
		}
	}
	t.log.Warn("a file is cut by lines, because its parser died", "language", text.Language, "bytes", len(text.Bytes), "error", died)
	return chunk.Cutting{Spans: chunk.Lines(text.Bytes)}, nil
}
