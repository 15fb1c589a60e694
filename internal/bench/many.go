//go:build linux

package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Many holds the figures of many small repositories. Their ingest is the phase "many repositories".
type Many struct {
	Repositories int     `json:"repositories"`
	Files        int     `json:"files"`      // of each
	PerSecond    float64 `json:"per_second"` // repositories, from the first submission until the last is indexed
	FloorRate    float64 `json:"floor_per_second"`

	// While they stand, one question after another.
	Status Latencies `json:"status"`      // of all of them, as leat status asks for it
	Page   Latencies `json:"status_page"` // of 40 of them, as a page asks for it
	Search Latencies `json:"search"`      // of all of them
	Look   Latencies `json:"look"`        // one look of the syncer, with polls

	// While they are being ingested, one question every half second.
	StatusBusy Latencies `json:"status_busy"`

	Polls *Polls `json:"polls,omitempty"`
}

const (
	manyFiles     = 20 // of a repository
	manyQuestions = 40 // of each kind
	manyPage      = 40 // refs, as on a page of repositories
	busyInterval  = 500 * time.Millisecond
)

// many ingests many small repositories, and asks for their status and content.
func (r *run) many(ctx context.Context) error {
	r.report.Many = &Many{Repositories: r.cfg.Many, Files: manyFiles}
	repos, err := r.inventMany(ctx)
	if err != nil {
		return err
	}
	r.log.Info("ingest", "repositories", len(repos))
	if err := r.ingestMany(ctx, repos); err != nil {
		return err
	}
	if err := r.askMany(ctx); err != nil {
		return err
	}
	if r.cfg.Poll <= 0 {
		return nil
	}
	r.report.Many.Polls, err = r.poll(ctx, repos)
	return err
}

// inventMany makes the repositories.
func (r *run) inventMany(ctx context.Context) ([]repository, error) {
	repos := make([]repository, r.cfg.Many)
	making, ctx := errgroup.WithContext(ctx)
	making.SetLimit(2)
	for i := range repos {
		making.Go(func() (err error) {
			repos[i], err = invented(ctx, filepath.Join(r.dir, "many", fmt.Sprintf("%d.git", i)), r.cfg.Seed+uint64(i), manyFiles)
			return err
		})
	}
	return repos, making.Wait()
}

// ingestMany submits all repositories at once and waits until they are indexed; then it puts the same
// bytes through the bare parts.
func (r *run) ingestMany(ctx context.Context, repos []repository) error {
	result := Phase{Name: "many repositories", Rounds: 1}
	r.watcher.reset()
	before, err := r.usage(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := r.submitMany(ctx, repos); err != nil {
		return err
	}
	busy, err := r.awaitMany(ctx, len(repos))
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := r.usage(ctx)
	if err != nil {
		return err
	}
	result.add(before, after)
	result.Seconds, result.Median, result.Slowest = took.Seconds(), took.Seconds(), took.Seconds()
	c, err := r.leat.content(ctx, uuid.Nil, 0, true)
	if err != nil {
		return err
	}
	result.Documents, result.Chunks, result.Bytes = c.documents, c.chunks, c.bytes
	r.log.Info("floors", "seconds of leat", took.Seconds())
	w := wrote{first: true, all: true, messages: after.Messages - before.Messages}
	if _, w.size, err = r.leat.messages(ctx); err != nil {
		return err
	}
	if err := r.floor.many(ctx, w, repos); err != nil {
		return err
	}
	result.Floors = r.floor.take()
	result.finish()
	r.report.Phases = append(r.report.Phases, result)
	m := r.report.Many
	m.StatusBusy = busy
	m.PerSecond, m.FloorRate = float64(len(repos))/took.Seconds(), float64(len(repos))/result.FloorSeconds
	return nil
}

func (r *run) submitMany(ctx context.Context, repos []repository) error {
	const atOnce = 100
	for batch := range slices.Chunk(repos, atOnce) {
		var list []announce.Event
		for _, repo := range batch {
			list = append(list, announce.Event{
				ID: uuid.NewString(), On: events.SubmittedSubject(events.DefaultTenant),
				Data: events.RepoSubmitted{Tenant: events.DefaultTenant, URL: repo.dir, Ref: branch},
			})
		}
		// Only submissions that were refused may be made again. If those that got in were too, they would take the
		// places that become free, and a part of the others would never get one.
		if err := r.leat.publisher.PublishWhenRoom(ctx, list...); err != nil {
			return err
		}
	}
	return nil
}

// awaitMany returns when a number of repositories is indexed, with the durations of asking for their
// status meanwhile.
func (r *run) awaitMany(ctx context.Context, wanted int) (Latencies, error) {
	var asked []time.Duration
	next := time.Now()
	for {
		if time.Now().After(next) {
			if err := timed(&asked, func() error { return r.askStatus(ctx, 0) }); err != nil {
				return Latencies{}, err
			}
			next = time.Now().Add(busyInterval)
		}
		var indexed, failed int
		err := r.leat.sql.QueryRow(ctx, `select (select count(*) from snapshots where state = 'indexed'),
			(select count(*) from submissions where state = 'failed') + (select count(*) from documents where state = 'failed')`).Scan(&indexed, &failed)
		if err != nil || failed > 0 {
			return Latencies{}, cmp.Or(err, fmt.Errorf("%d submissions or documents have failed", failed))
		}
		if indexed >= wanted {
			return latencies(asked), nil
		}
		if err := wait.For(ctx, mostWait); err != nil {
			return Latencies{}, err
		}
	}
}

func (r *run) askStatus(ctx context.Context, limit int) error {
	_, err := r.leat.service.Status(ctx, service.StatusRequest{Tenant: events.DefaultTenant, Limit: limit})
	return err
}

// askMany measures what people and the syncer ask while many repositories stand.
func (r *run) askMany(ctx context.Context) error {
	if err := r.leat.awaitGraphs(ctx); err != nil {
		return err
	}
	// A look at the stores' children takes as long as several questions.
	r.watcher.rest.Store(true)
	defer r.watcher.rest.Store(false)
	r.cfg.Queries = manyQuestions
	queries, err := r.queries(ctx)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	stores, err := r.openAsWorker(ctx, quiet)
	if err != nil {
		return err
	}
	defer stores.Close()
	polls := catalog.Poll{Source: source, Every: cmp.Or(r.cfg.Poll, time.Hour), EveryFailed: time.Hour, Most: 100}
	var status, page, search, look []time.Duration
	for _, query := range queries {
		err := cmp.Or(
			timed(&status, func() error { return r.askStatus(ctx, 0) }),
			timed(&page, func() error { return r.askStatus(ctx, manyPage) }),
			timed(&search, func() error { _, err := r.query(ctx, query); return err }),
		)
		if err != nil {
			return err
		}
	}
	// The looks ask for polls, with which the ingestor is busy from then on.
	for range queries {
		err := timed(&look, func() error {
			_, err := stores.Catalog.Submissions.AskForPolls(ctx, polls)
			return cmp.Or(err, worker.SyncOnce(ctx, stores, quiet))
		})
		if err != nil {
			return err
		}
	}
	m := r.report.Many
	m.Status, m.Page, m.Search, m.Look = latencies(status), latencies(page), latencies(search), latencies(look)
	return nil
}

// openAsWorker opens the stores with the settings that workers have by default, and without a relay.
func (r *run) openAsWorker(ctx context.Context, log *slog.Logger) (*worker.Stores, error) {
	var own struct{ config.Stores }
	parser, err := kong.New(&own, config.Paths(), config.Variables(nil, &own))
	if err != nil {
		return nil, err
	}
	if _, err := parser.Parse(nil); err != nil {
		return nil, err
	}
	at := stack.Addresses(r.endpoints())
	own.NATSURL, own.PostgresURL, own.QdrantURL, own.QdrantAPIKey = at.NATSURL, at.PostgresURL, at.QdrantURL, at.QdrantAPIKey
	own.S3URL, own.S3AccessKey, own.S3SecretKey = at.S3URL, at.S3AccessKey, at.S3SecretKey
	return worker.Open(ctx, own.Stores, "bench", log)
}

// many puts many repositories through the bare parts: a mirror of its own for each, and the rest
// as in a phase with one.
func (f *floor) many(ctx context.Context, w wrote, repos []repository) error {
	own := *f
	for i, repo := range repos {
		own.repo, own.dir, own.sum = repo, filepath.Join(f.dir, "mirrors", fmt.Sprint(i)), f.sum
		if err := os.MkdirAll(own.dir, 0o700); err != nil {
			return err
		}
		err := own.time("git init", 1, 0, func() error {
			_, err := git(ctx, own.mirror(), nil, "init", "--quiet", "--bare", "--template=", "--", own.mirror())
			return err
		})
		if err != nil {
			return err
		}
		track, err := f.trackOf(ctx, repo)
		if err != nil {
			return err
		}
		for _, part := range []func(context.Context, wrote) error{own.fetch, own.read} {
			if err := part(ctx, wrote{track: track, revision: 1}); err != nil {
				return err
			}
		}
		f.sum = own.sum
	}
	for _, part := range []func(context.Context, wrote) error{f.texts, f.vectors, f.copyRows, f.upsert, f.publish} {
		if err := part(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) trackOf(ctx context.Context, repo repository) (track uuid.UUID, err error) {
	err = f.leat.sql.QueryRow(ctx, "select t.id from tracks t join repositories r on r.id = t.repository where r.url = $1", repo.dir).Scan(&track)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fmt.Errorf("%s: %w", repo.dir, catalog.ErrNotFound)
	}
	return track, err
}

func (m Many) write(w io.Writer) {
	fmt.Fprintf(w, "\n%d repositories of %d files: %.1f a second, the floors %.1f; %.2f times their duration\n",
		m.Repositories, m.Files, m.PerSecond, m.FloorRate, m.FloorRate/m.PerSecond)
	for _, l := range []struct {
		name string
		Latencies
	}{
		{"status of all", m.Status}, {fmt.Sprintf("status of %d", manyPage), m.Page}, {"search", m.Search},
		{"look of the syncer", m.Look}, {"status of all, while they are ingested", m.StatusBusy},
	} {
		fmt.Fprintf(w, "  %s: p50 %.1f, p95 %.1f ms\n", l.name, l.P50, l.P95)
	}
	if m.Polls != nil {
		m.Polls.write(w)
	}
}
