//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/graph"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

// parts counts the restores into the living leat.
type parts struct {
	Repositories     int // repositories that were forgotten, and restored from the last backup
	Attempts, Killed int // runs of the command, and those of them that were killed
}

const (
	partKillAt = 1500 * time.Millisecond // the longest life of a restore that is killed
	partPause  = 300 * time.Millisecond  // between two faults, and between two attempts
)

// restoreParts forgets two repositories, and brings them back from the last backup into the living
// leat, while workers and stores are killed and cut off. It restores one by its name, and the other
// with all of the tenant. No other repository has the first one's texts, and the collector has
// deleted them. The other one shares its texts with a repository that stayed. In the end the index
// must be the same as before, and the model must not have been asked for anything.
func (r *run) restoreParts(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Settle)
	defer cancel()
	calm, fork := r.world.tracks[trackCalm], r.world.tracks[trackFork]
	began := time.Now()
	if err := r.forget(ctx, calm, fork); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(r.cfg.Seed, 5))
	breaking, enough := context.WithCancel(ctx)
	var under sync.WaitGroup
	under.Go(func() { r.breakParts(breaking) })
	for _, args := range [][]string{{"--repo", calm.dir}, {"--all-of-tenant"}} {
		if err := r.restorePart(ctx, random, args); err != nil {
			r.violate("a part of the last backup cannot be restored within %s: %v; see logs/part.log", r.cfg.Settle, err)
		}
	}
	enough()
	under.Wait()
	r.awaitReady(ctx)
	if err := r.quiet(ctx); err != nil {
		r.violate("not settled after a part was restored: %v", err)
		return nil
	}
	if err := r.mended(ctx); err != nil {
		r.violate("not mended after a part was restored: %v", err)
		return nil
	}
	return r.checkParts(ctx, began)
}

// forget removes repositories from the index, and waits until nothing is left of them and the
// collector has run.
func (r *run) forget(ctx context.Context, tracks ...track) error {
	for _, t := range tracks {
		if out, err := r.leat(ctx, "part", r.env, "forget", t.dir, "--yes"); err != nil {
			return fmt.Errorf("forget %s: %w: %s", t.dir, err, out)
		}
	}
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	urls := make([]string, len(tracks))
	for i, t := range tracks {
		urls[i] = t.dir
	}
	for begun := time.Now(); ; _ = wait.For(ctx, settleInterval) {
		var left, collected int
		err := conn.QueryRow(ctx, `select (select count(*) from repositories where url = any($1)),
			(select count(*) from sync_runs where kind = 'garbage' and repaired > 0 and started_at > $2)`, urls, begun).Scan(&left, &collected)
		if err != nil {
			return err
		}
		if left == 0 && collected > 0 {
			if indexes, err := r.indexesOf(ctx, tracks...); err != nil || indexes > 0 {
				r.violate("%d indexes are left of forgotten repositories: %v", indexes, err)
			}
			return nil
		}
	}
}

// breakParts kills and cuts off workers and stores until ctx ends.
func (r *run) breakParts(ctx context.Context) {
	random := rand.New(rand.NewPCG(r.cfg.Seed, 6))
	for ctx.Err() == nil {
		_ = wait.For(ctx, partPause)
		f := fault{lasts: time.Duration(random.Int64N(int64(time.Second)))}
		switch random.IntN(4) {
		case 0:
			f.kind, f.target = KillStore, stack.StoreNames[random.IntN(len(stack.StoreNames))]
		case 1:
			f.kind, f.target = Cut, stack.StoreNames[random.IntN(len(stack.StoreNames))]
		default:
			f.kind, f.target = KillWorker, workerNames[random.IntN(len(workerNames))]
		}
		// Each fault is carried out to its end, so that all processes run again.
		r.inflict(context.WithoutCancel(ctx), f)
	}
}

// restorePart runs the command until it succeeds, and kills it the first time.
func (r *run) restorePart(ctx context.Context, random *rand.Rand, what []string) error {
	args := append([]string{"backup", "restore", "--from", r.target()}, what...)
	for n := 0; ; n++ {
		life := r.cfg.Settle
		if n == 0 {
			life = time.Duration(random.Int64N(int64(partKillAt)))
		}
		alive, kill := context.WithTimeout(ctx, life)
		out, err := r.leat(alive, "part", r.env, args...)
		killed := alive.Err() != nil
		kill()
		r.report.Parts.Attempts++
		if killed {
			r.report.Parts.Killed++
		}
		if err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
			}
			_ = wait.For(ctx, partPause)
			continue
		}
		var answer struct {
			Embed   int64
			Refused bool
		}
		if err := json.Unmarshal(out, &answer); err != nil {
			return fmt.Errorf("the answer of leat backup restore: %w", err)
		}
		if answer.Embed > 0 || answer.Refused {
			r.violate("leat backup restore %s: %s", strings.Join(what, " "), out)
		}
		r.report.Parts.Repositories++
		return nil
	}
}

// checkParts compares the index and the graphs with the copied ones, and looks for texts that the
// model was asked for.
func (r *run) checkParts(ctx context.Context, since time.Time) error {
	o, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	digest, err := point.ComputeDigest(ctx, o.Points, o.generation.Collection, point.Scope{})
	if err != nil {
		return err
	}
	if digest.Digest != r.report.Digest {
		r.violate("after a part was restored the index has %d points and digest %.16s, it had %d and %.16s", digest.Points, digest.Digest, r.report.Points, r.report.Digest)
	}
	graphs, err := graph.ComputeDigest(ctx, o.Catalog.Graphs, nil)
	if err != nil {
		return err
	}
	if graphs != r.report.Graph {
		r.violate("after a part was restored the symbol graphs are %+v, they were %+v", graphs, r.report.Graph)
	}
	if err := r.checkIndexes(ctx); err != nil {
		return err
	}
	calls := make(map[string][]modelCall)
	for _, name := range workerNames {
		if kindOf(name) != "embedder" {
			continue
		}
		if err := readCalls(r.workers[name].Log, name, calls); err != nil {
			return err
		}
	}
	texts := 0
	for _, list := range calls {
		for _, call := range list {
			if call.at.After(since) {
				texts++
			}
		}
	}
	if texts > 0 {
		r.violate("%d texts were embedded again when a part was restored", texts)
	}
	return nil
}
