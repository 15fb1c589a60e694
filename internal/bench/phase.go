//go:build linux

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

// phase is a piece of work for leat, in one or several rounds.
type phase struct {
	name   string
	rounds int                                                 // 0: as the configuration says
	first  bool                                                // the repository is not known yet
	change func(*run, context.Context, string) (change, error) // applied to a file in each round; nil: nothing changes
	submit func(*run, context.Context) (submitted, error)
	whole  bool // the whole index is written again

	directory bool // the change is of a directory at the root
	alone     bool // there is no floor, so the phase belongs to runs without floors
}

// change is a round's change of the repository.
type change struct {
	removed []string // paths
	line    string   // to be found afterwards; "": none
}

// submitted is the result of a submission.
type submitted struct {
	track    uuid.UUID
	revision int64
	took     time.Duration
}

// phases are the phases in their order.
var phases = []phase{
	{name: "cold ingest", rounds: 1, first: true, submit: (*run).tell},
	{name: "symbol graph", rounds: 1, submit: (*run).graph, alone: true},
	{name: "same commit again", submit: (*run).tell},
	{name: "same commit, leat submit --wait", submit: (*run).command},
	{name: "one-line edit", change: (*run).edit, submit: (*run).tell},
	{name: "rename", change: (*run).rename, submit: (*run).tell},
	{name: "delete", change: (*run).remove, submit: (*run).tell},
	{name: "rename of a directory", directory: true, change: (*run).renameDirectory, submit: (*run).tell},
	{name: "rebuild", submit: (*run).rebuild, whole: true},
}

// phases returns the phases that the configuration asks for.
func (r *run) phases() []phase {
	if r.cfg.Search {
		return phases[:1]
	}
	return slices.DeleteFunc(slices.Clone(phases), func(p phase) bool {
		if r.cfg.Changes {
			return p.whole
		}
		return p.alone
	})
}

func (r *run) measure(ctx context.Context) error {
	for _, p := range r.phases() {
		r.log.Info("phase", "name", p.name)
		if err := r.perform(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// perform runs a phase, and after each round its floor.
func (r *run) perform(ctx context.Context, p phase) error {
	result := Phase{Name: p.name, Rounds: r.cfg.Rounds}
	switch {
	case p.rounds > 0:
		result.Rounds = p.rounds
	case p.whole:
		result.Rounds = r.cfg.Rebuilds
	}
	var files []string // that the rounds change
	var err error
	switch {
	case p.directory:
		files, err = r.directories(ctx)
		result.Rounds = len(files)
	case p.change != nil:
		files, err = r.files(ctx, result.Rounds)
	}
	if err != nil {
		return err
	}
	var times []float64
	for n := range result.Rounds {
		var file string
		if p.change != nil {
			file = files[n]
		}
		took, err := r.round(ctx, p, file, &result)
		if err != nil {
			return err
		}
		r.log.Info("round", "phase", p.name, "took", took.Round(time.Millisecond), "path", file)
		times = append(times, took.Seconds())
		result.Seconds += took.Seconds()
	}
	slices.Sort(times)
	result.Median, result.Slowest = times[len(times)/2], times[len(times)-1]
	result.Floors = r.floor.take()
	result.finish()
	r.report.Phases = append(r.report.Phases, result)
	return nil
}

func (r *run) round(ctx context.Context, p phase, file string, result *Phase) (time.Duration, error) {
	var what change
	if p.change != nil {
		var err error
		if what, err = p.change(r, ctx, file); err != nil {
			return 0, err
		}
	}
	w := wrote{first: p.first || p.whole, whole: p.whole}
	var err error
	if w.from, err = r.leat.mark(ctx); err != nil {
		return 0, err
	}
	r.watcher.reset()
	before, err := r.usage(ctx)
	if err != nil {
		return 0, err
	}
	done, err := p.submit(r, ctx)
	if err != nil {
		return 0, err
	}
	after, err := r.usage(ctx)
	if err != nil {
		return 0, err
	}
	result.add(before, after)
	if err := r.check(ctx, what); err != nil {
		return 0, err
	}
	w.track, w.messages = done.track, after.Messages-before.Messages
	if done.revision != r.revision || p.whole {
		w.revision, r.revision = done.revision, done.revision
		c, err := r.leat.content(ctx, done.track, done.revision, p.whole)
		if err != nil {
			return 0, err
		}
		result.Documents, result.Chunks, result.Bytes = result.Documents+c.documents, result.Chunks+c.chunks, result.Bytes+c.bytes
	}
	for _, path := range what.removed {
		w.removed = append(w.removed, events.DocumentID(done.track, []byte(path)))
	}
	if r.cfg.Changes {
		return done.took, nil
	}
	if _, w.size, err = r.leat.messages(ctx); err != nil {
		return 0, err
	}
	return done.took, r.floor.round(ctx, w)
}

// check returns an error if leat did not do the work of a phase, since its figures would mean
// nothing.
func (r *run) check(ctx context.Context, what change) error {
	if reason, err := r.leat.failed(ctx); err != nil || reason != "" {
		return errors.Join(err, fmt.Errorf("a document has failed: %s", reason))
	}
	if what.line == "" {
		return nil
	}
	hits, err := r.query(ctx, what.line)
	if err != nil {
		return err
	}
	for _, hit := range hits {
		if strings.Contains(hit.Text, what.line) {
			return nil
		}
	}
	return fmt.Errorf("the line %q is indexed but cannot be found", what.line)
}

// files picks paths that are indexed and not yet changed, spread evenly.
func (r *run) files(ctx context.Context, n int) ([]string, error) {
	rows, err := r.leat.sql.Query(ctx, `select convert_from(path, 'UTF8') from documents d join chunkings k on k.id = d.chunking
		where d.state = 'indexed' and d.revision = 1 and d.mode = 33188 and k.chunks > 0 and encode(path, 'escape') ~ '^[A-Za-z0-9_./-]+$' order by path`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all, picked []string
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			return nil, err
		}
		all = append(all, path)
	}
	if rows.Err() != nil {
		return nil, rows.Err()
	}
	if len(all) < n {
		return nil, fmt.Errorf("%d files can be changed; %d rounds need as many", len(all), n)
	}
	for i := range n {
		picked = append(picked, all[i*len(all)/n])
	}
	return picked, nil
}

func (r *run) edit(ctx context.Context, path string) (change, error) {
	line := "leatbench" + strings.ReplaceAll(uuid.NewString(), "-", "")
	return change{line: line}, r.repo.edit(ctx, path, line)
}

func (r *run) rename(ctx context.Context, path string) (change, error) {
	return change{removed: []string{path}}, r.repo.rename(ctx, path, filepath.Join(filepath.Dir(path), "renamed_"+filepath.Base(path)))
}

// directories returns the directories to be renamed: those of the configuration, or the one at the
// root that holds the most documents.
func (r *run) directories(ctx context.Context) ([]string, error) {
	if len(r.cfg.Directories) > 0 {
		return r.cfg.Directories, nil
	}
	var largest string
	row := r.leat.sql.QueryRow(ctx, `select split_part(path, '/', 1) from (
			select encode(path, 'escape') as path from documents where state <> 'removed'
		) d where path ~ '^[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]+$' group by 1 order by count(*) desc, 1 limit 1`)
	if err := row.Scan(&largest); err != nil {
		return nil, fmt.Errorf("look for the largest directory: %w", err)
	}
	return []string{largest}, nil
}

func (r *run) renameDirectory(ctx context.Context, from string) (what change, err error) {
	row := r.leat.sql.QueryRow(ctx, `select coalesce(array_agg(encode(path, 'escape')), '{}') from documents
		where state <> 'removed' and starts_with(encode(path, 'escape'), $1)`, from+"/")
	if err := row.Scan(&what.removed); err != nil {
		return change{}, fmt.Errorf("list the documents of %s: %w", from, err)
	}
	if len(what.removed) == 0 {
		return change{}, fmt.Errorf("there is no document in %s", from)
	}
	return what, r.repo.rename(ctx, from, "renamed_"+from)
}

func (r *run) remove(ctx context.Context, path string) (change, error) {
	return change{removed: []string{path}}, r.repo.remove(ctx, path)
}

// tell publishes a submission, and waits until it is indexed.
func (r *run) tell(ctx context.Context) (submitted, error) {
	status, took, err := r.leat.submit(ctx, r.repo.dir)
	return submitted{status.Track, status.Revision, took}, err
}

// command does the same through the command, including the command's own start.
func (r *run) command(ctx context.Context) (submitted, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.cfg.Bin, "leat"), "submit", "--json", "--wait", "--ref", branch, r.repo.dir)
	cmd.Env = append(os.Environ(), r.env...)
	began := time.Now()
	out, err := cmd.Output()
	took := time.Since(began)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return submitted{}, fmt.Errorf("leat submit: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return submitted{}, fmt.Errorf("leat submit: %w", err)
	}
	var answer struct {
		Repositories []struct{ Revision int64 }
	}
	if err := json.Unmarshal(out, &answer); err != nil || len(answer.Repositories) != 1 {
		return submitted{}, fmt.Errorf("leat submit answers %q", out)
	}
	return submitted{revision: answer.Repositories[0].Revision, took: took}, nil
}

// graph waits until the symbol graph of the commit is made.
func (r *run) graph(ctx context.Context) (submitted, error) {
	began := time.Now()
	err := r.leat.awaitGraphs(ctx)
	return submitted{revision: r.revision, took: time.Since(began)}, err
}

// rebuild lets the command write the index again.
func (r *run) rebuild(ctx context.Context) (submitted, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.cfg.Bin, "leat"), "rebuild", "--json", "--wait")
	cmd.Env = append(os.Environ(), r.env...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return submitted{}, fmt.Errorf("leat rebuild: %w: %s", err, out)
	}
	r.leat.generation, err = r.leat.Catalog.Generations.Active(ctx)
	return submitted{revision: r.revision, took: took}, err
}
