//go:build linux

package chaos

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/scip"
)

// imports counts what was done to imported indexes while things broke.
type imports struct {
	Imported, Dropped int // indexes
	Killed            int // commands that were killed
}

const (
	importKillAt = time.Second            // the longest life of an import that is killed
	importPause  = 300 * time.Millisecond // between two attempts
	mostIndexed  = 6                      // commits of the history that get an index, besides the last; with two each, fewer than leat keeps
)

// index is an index of a commit. Its content depends on these fields alone.
type index struct {
	dir, commit string // of the bare repository
	language    string // ending of the files that it covers, and its name
	variant     int    // which of several definitions a name leads to
}

// indexMove imports an index, or drops it.
type indexMove struct {
	language string // "": the move is about something else
	variant  int
	drop     bool
}

// indexer is a CI that makes indexes of commits, and gives them to leat one after the other.
type indexer struct {
	queue   chan move
	pending sync.WaitGroup
	made    map[index]string // files, by index
	now     map[index]int    // variants that leat has now, by index without its variant
}

// drawIndexes makes the moves of a seed that are about indexes, and puts them among the others. Some
// indexes come before leat hears of their commit, some after, some come again with another content,
// and some are dropped. In the end the last commits of two repositories have an index. The calm
// repository has one from the start.
func drawIndexes(seed uint64, commits int, moves []move) []move {
	random := rand.New(rand.NewPCG(seed, 7))
	insert := func(from int, m move) int {
		at := from + random.IntN(len(moves)-from+1)
		moves = slices.Insert(moves, at, m)
		return at + 1
	}
	for _, i := range random.Perm(commits)[:min(commits, mostIndexed)] {
		at := insert(1, move{track: trackMain, commit: i, index: indexMove{language: "go"}})
		switch random.IntN(4) {
		case 0:
			insert(at, move{track: trackMain, commit: i, index: indexMove{language: "go", drop: true}})
		case 1:
			insert(at, move{track: trackMain, commit: i, index: indexMove{language: "go", variant: 1}})
		case 2:
			insert(at, move{track: trackMain, commit: i, index: indexMove{language: "py"}})
		}
	}
	fork := 0
	for _, m := range moves {
		if m.track == trackFork && m.index.language == "" && m.filter == 0 {
			fork = m.commit
		}
	}
	moves = slices.Insert(moves, 1, move{track: trackCalm, index: indexMove{language: "go"}})
	return append(moves,
		move{track: trackMain, commit: commits - 1, index: indexMove{language: "go"}},
		move{track: trackFork, commit: fork, index: indexMove{language: "go"}},
		move{track: trackMain, commit: commits - 1, index: indexMove{language: "py"}},
		move{track: trackMain, commit: commits - 1, index: indexMove{language: "go", variant: 1}},
		move{track: trackMain, commit: commits - 1, index: indexMove{language: "py", drop: true}},
	)
}

// tendIndexes carries out the moves about indexes in their order, until ctx ends. It repeats each
// until it succeeds, and kills the first attempt of every other one.
func (r *run) tendIndexes(ctx context.Context) {
	random := rand.New(rand.NewPCG(r.cfg.Seed, 8))
	for n := 0; ; n++ {
		var m move
		select {
		case <-ctx.Done():
			return
		case m = <-r.indexer.queue:
		}
		life := r.cfg.Settle
		if n%2 == 1 {
			life = time.Duration(random.Int64N(int64(importKillAt)))
		}
		if err := r.tendIndex(ctx, m, life); err != nil {
			r.violate("index %+v: %v; see logs/index.log", m, err)
		}
		r.indexer.pending.Done()
	}
}

func (r *run) tendIndex(ctx context.Context, m move, life time.Duration) error {
	t := r.world.tracks[m.track]
	one := index{dir: t.dir, commit: r.world.head(t), language: m.index.language, variant: m.index.variant}
	if m.track != trackCalm {
		one.commit = r.world.commits[m.commit]
	}
	file, err := r.indexFile(one)
	if err != nil {
		return err
	}
	args := []string{"graph", "import", one.dir, file, "--commit", one.commit, "--name", one.language}
	if m.index.drop {
		args = []string{"graph", "drop", one.dir, one.commit, one.language}
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Settle)
	defer cancel()
	for {
		alive, kill := context.WithTimeout(ctx, life)
		out, err := r.leat(alive, "index", r.env, args...)
		killed := alive.Err() != nil
		kill()
		life = r.cfg.Settle
		if err != nil && m.index.drop { // a killed attempt may have dropped it
			if there, listed := r.hasIndex(ctx, one); listed == nil && !there {
				err = nil
			}
		}
		r.mu.Lock()
		switch {
		case err == nil && m.index.drop:
			r.report.Imports.Dropped++
		case err == nil:
			r.report.Imports.Imported++
		case killed:
			r.report.Imports.Killed++
		}
		r.mu.Unlock()
		if err == nil {
			r.indexer.keep(one, m.index.drop)
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		_ = wait.For(ctx, importPause)
	}
}

// keep remembers what leat has now.
func (i *indexer) keep(one index, dropped bool) {
	variant := one.variant
	one.variant = 0
	delete(i.now, one)
	if !dropped {
		i.now[one] = variant
	}
}

// kept returns the indexes that leat has now, in the order of their names.
func (i *indexer) kept() (list []index) {
	for one, variant := range i.now {
		one.variant = variant
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b index) int {
		return strings.Compare(a.dir+" "+a.commit+" "+a.language, b.dir+" "+b.commit+" "+b.language)
	})
	return list
}

// hasIndex asks leat whether it has an index of the name.
func (r *run) hasIndex(ctx context.Context, one index) (bool, error) {
	out, err := r.leat(ctx, "index", r.env, "graph", "list", one.dir)
	if err != nil {
		return false, err
	}
	var list struct {
		Indexes []struct{ Commit, Name string }
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return false, err
	}
	for _, i := range list.Indexes {
		if i.Commit == one.commit && i.Name == one.language {
			return true, nil
		}
	}
	return false, nil
}

// endIndexes waits until leat has taken all indexes.
func (r *run) endIndexes(ctx context.Context) error {
	ended := make(chan struct{})
	go func() { r.indexer.pending.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// checkIndexes compares the indexes in the catalog with those that leat was given.
func (r *run) checkIndexes(ctx context.Context) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `select r.url, i.commit, i.name, i.documents, (select count(*) from graph_index_files f where f.index = i.id)
		from graph_indexes i join repositories r on r.id = i.repository`)
	if err != nil {
		return err
	}
	defer rows.Close()
	there := make(map[index]bool)
	for rows.Next() {
		var one index
		var commit []byte
		var documents, files int
		if err := rows.Scan(&one.dir, &commit, &one.language, &documents, &files); err != nil {
			return err
		}
		one.commit = hex.EncodeToString(commit)
		there[one] = true
		if documents != files || files == 0 {
			r.violate("index %+v has %d of %d documents", one, files, documents)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for one := range r.indexer.now {
		if !there[one] {
			r.violate("index %+v is gone", one)
		}
		delete(there, one)
	}
	for one := range there {
		r.violate("index %+v was dropped, or never imported", one)
	}
	return nil
}

// indexesOf counts what is left of the indexes of repositories.
func (r *run) indexesOf(ctx context.Context, tracks ...track) (left int, err error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var ids []string
	for _, t := range tracks {
		ids = append(ids, events.RepositoryID(events.DefaultTenant, t.dir).String())
	}
	err = conn.QueryRow(ctx, "select count(*) from graph_indexes where repository::text = any($1)", ids).Scan(&left)
	return left, err
}

// indexFile returns the file of an index, and makes it if need be.
func (r *run) indexFile(one index) (string, error) {
	if file, ok := r.indexer.made[one]; ok {
		return file, nil
	}
	content, err := one.encode()
	if err != nil {
		return "", err
	}
	file := filepath.Join(r.dir, "indexes", fmt.Sprintf("%d.scip", len(r.indexer.made)))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", err
	}
	r.indexer.made[one] = file
	return file, os.WriteFile(file, content, 0o600)
}

var (
	defining = regexp.MustCompile(`^(?:func|def) (\w+)\(`)
	calling  = regexp.MustCompile(`\b(\w+)\(`)
)

// encode makes the index in SCIP's form. Each function has a symbol of its own. Of several functions
// of one name, a call leads to one that only the index can know, so that the index makes another graph
// than leat's own rules.
func (i index) encode() ([]byte, error) {
	found, err := git(i.dir, nil, "grep", "-I", "-n", "-E", `(func|def|return) [A-Za-z0-9_]+\(`, i.commit, "--", "*."+i.language)
	if err != nil {
		return nil, err
	}
	type place struct {
		path, text string
		line       int
	}
	var places []place
	defined := make(map[string][]string) // symbols, by name
	for line := range strings.Lines(found) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 4)
		if len(parts) < 4 {
			return nil, fmt.Errorf("git grep says %q", line)
		}
		number, err := strconv.Atoi(parts[2])
		if err != nil {
			return nil, err
		}
		p := place{parts[1], parts[3], number - 1}
		places = append(places, p)
		if d := defining.FindStringSubmatch(p.text); d != nil {
			defined[d[1]] = append(defined[d[1]], fmt.Sprintf("chaos . . . `%s`/%s().", p.path, d[1]))
		}
	}
	documents := make(map[string][]byte) // occurrences, by path
	for _, p := range places {
		definition := defining.MatchString(p.text)
		for n, at := range calling.FindAllStringSubmatchIndex(p.text, -1) {
			name := p.text[at[2]:at[3]]
			symbol, role := "chaos . outside . "+name+"().", scip.Role(0)
			switch all := defined[name]; {
			case definition && n == 0:
				symbol, role = fmt.Sprintf("chaos . . . `%s`/%s().", p.path, name), scip.Definition
			case len(all) > 0:
				h := fnv.New32a()
				fmt.Fprint(h, p.path, p.line)
				symbol = all[(int(h.Sum32()>>8)+i.variant)%len(all)]
			}
			var occurrence, span []byte
			for _, n := range []int{p.line, at[2], at[3]} {
				span = protowire.AppendVarint(span, uint64(n))
			}
			occurrence = field(occurrence, 1, span)
			occurrence = field(occurrence, 2, []byte(symbol))
			occurrence = protowire.AppendVarint(protowire.AppendTag(occurrence, 3, protowire.VarintType), uint64(role))
			documents[p.path] = field(documents[p.path], 2, occurrence)
		}
	}
	content := field(nil, 1, field(nil, 2, field(nil, 1, []byte("chaos"))))
	for _, path := range slices.Sorted(maps.Keys(documents)) {
		document := field(documents[path], 1, []byte(path))
		document = protowire.AppendVarint(protowire.AppendTag(document, 6, protowire.VarintType), uint64(scip.UTF8))
		content = field(content, 2, document)
	}
	return content, nil
}

// field appends a field with a content to a message of protobuf.
func field(message []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(message, number, protowire.BytesType), content)
}
