//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

const settleInterval = 250 * time.Millisecond

// state is the work that leat still has to do.
type state struct {
	Submissions, Snapshots, Documents int64  // open, by the catalog
	Graphs                            int64  // owed
	Turning                           int64  // tracks that sleep, fall asleep or wake
	Configurations                    int64  // configurations with which current snapshots were listed
	Heads                             string // commits of the current snapshots
	Messages                          uint64 // not acknowledged, of all consumers
}

// settle waits until neither the catalog nor the streams owe any work.
func (r *run) settle(ctx context.Context) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Settle)
	defer cancel()
	if err := r.wakeAll(ctx); err != nil {
		r.violate("not all tracks could be woken within %s: %v", r.cfg.Settle, err)
		return nil
	}
	if err := r.quiet(ctx); err != nil {
		r.violate("not settled within %s: %v", r.cfg.Settle, err)
		return nil
	}
	if err := r.mended(ctx); err != nil {
		r.violate("not mended within %s: %v", r.cfg.Settle, err)
	}
	r.report.Settling = time.Since(began)
	return nil
}

// quiet waits until all submissions have been accepted and nothing is owed.
func (r *run) quiet(ctx context.Context) error {
	told := make(chan struct{})
	go func() { r.feed.wait(); close(told) }()
	select {
	case <-told:
	case <-ctx.Done():
		return errors.New("the last submissions could not be published")
	}
	want := state{Configurations: 1, Heads: r.heads()}
	var last state
	for quiet := 0; quiet < 3; {
		now, err := r.look(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("%+v, want %+v", last, want)
		}
		quiet++
		if err != nil || now != want {
			quiet = 0
		}
		if err == nil {
			last = now
		} else {
			r.log.Warn("look", "error", err)
		}
		_ = wait.For(ctx, settleInterval)
	}
	return nil
}

// heads names the commits of the tracks in the form of look.
func (r *run) heads() string {
	var lines []string
	for t := range r.pushed() {
		lines = append(lines, t.dir+" "+t.ref+" "+r.world.head(t))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// pushed returns the tracks that leat has heard of.
func (r *run) pushed() iter.Seq[track] {
	return func(yield func(track) bool) {
		for _, t := range r.world.tracks {
			if r.feed.told(t) && !yield(t) {
				return
			}
		}
	}
}

// mended waits until the damage is repaired. The catalog does not know of the damage, so mended
// compares the stores themselves.
func (r *run) mended(ctx context.Context) error {
	for last := errors.New("no comparison was possible"); ; {
		o, err := r.open(ctx)
		if err == nil {
			var found verify.Report
			found, _, err = o.verify(ctx)
			o.Close()
			if err == nil && found.OK {
				return nil
			}
			if err == nil {
				err = fmt.Errorf("the stores differ: %+v", found)
			}
		}
		if ctx.Err() != nil {
			return last
		}
		last = err
		_ = wait.For(ctx, 4*settleInterval)
	}
}

func (r *run) look(ctx context.Context) (state, error) {
	var s state
	conn, err := r.connect(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = conn.QueryRow(ctx, `select
		(select count(*) from submissions where state = 'pending'),
		(select count(*) from snapshots where state in ('listing', 'indexing')),
		(select count(*) from documents where due_at < 'infinity'),
		(select count(*) from current_graphs where differs),
		(select count(*) from tracks where turning or dormant_at is not null),
		count(distinct s.config),
		coalesce(string_agg(r.url || ' ' || t.ref || ' ' || encode(s.commit, 'hex'), E'\n' order by r.url collate "C", t.ref collate "C"), '')
		from snapshots s join tracks t on t.id = s.track join repositories r on r.id = t.repository
		where s.state in ('indexing', 'indexed')`).
		Scan(&s.Submissions, &s.Snapshots, &s.Documents, &s.Graphs, &s.Turning, &s.Configurations, &s.Heads)
	if err != nil {
		return s, err
	}
	s.Messages, err = r.unacknowledged(ctx)
	return s, err
}

// connect connects to Postgres by its own socket, past the proxy.
func (r *run) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(r.stores[stack.Postgres].Endpoints().Postgres)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = "chaos"
	return pgx.ConnectConfig(ctx, config)
}

func (r *run) unacknowledged(ctx context.Context) (uint64, error) {
	conn, err := nats.Connect(r.stores[stack.NATS].Endpoints().NATS, nats.Name("chaos"))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return 0, err
	}
	var open uint64
	consumers := 0
	streams := js.ListStreams(ctx)
	for info := range streams.Info() {
		stream, err := js.Stream(ctx, info.Config.Name)
		if err != nil {
			return 0, err
		}
		list := stream.ListConsumers(ctx)
		for c := range list.Info() {
			open += c.NumPending + uint64(c.NumAckPending)
			consumers++
		}
		if list.Err() != nil {
			return 0, list.Err()
		}
	}
	if streams.Err() == nil && consumers == 0 {
		return 0, fmt.Errorf("no consumers yet")
	}
	return open, streams.Err()
}
