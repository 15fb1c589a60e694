package search_test

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	unicode "unicode/utf16"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder/embeddertest"
	"github.com/leatworks/leat/pipeline/embedder/provider"
	"github.com/leatworks/leat/pipeline/search"
	"github.com/leatworks/leat/pipeline/text"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// tree has files that are cut in every way: by declarations, by headings, by lines, and within a line. Some end with a
// newline and some do not.
func tree() testpipe.Tree {
	var code, notes, table strings.Builder
	code.WriteString("package mill\n")
	for i := range 40 {
		fmt.Fprintf(&code, "\n// Grind%d grinds the wheat of day %d.\nfunc Grind%d(wheat int) int {\n\treturn wheat * %d\n}\n", i, i, i, i)
		fmt.Fprintf(&notes, "# Water wheel %d\n\nThe leat leads water to wheel %d.\n\n", i, i)
		fmt.Fprintf(&table, "wheel %d, water %d\r\n", i, i*i)
	}
	return testpipe.Text(
		"mill.go", code.String(), "docs/notes.md", notes.String(), "data/table.csv", table.String(),
		"no-end.txt", "the first line of water\nthe last line has no end",
		"long.txt", "before\n"+strings.Repeat("wheat and water ", 900)+"\nafter\n",
		"longer.txt", strings.Repeat("flour and water ", 9000),
		"latin1.txt", "M\xfchle am Wasser\nwater mill\n", "empty.txt", "",
		"utf16.txt", utf16("The sluice of the Mühle 🌾\nleads flour and water\n"+strings.Repeat("wheel and water ", 300)),
	)
}

// utf16 encodes in UTF-16, little-endian, with a byte order mark.
func utf16(s string) string {
	out := []byte("\xff\xfe")
	for _, unit := range unicode.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return string(out)
}

func searcher(p *testpipe.Pipe) *search.Searcher {
	return &search.Searcher{Files: p.Catalog, Usage: p.Catalog.Usage, Points: p.Points, Blobs: p.Blobs, Embedder: p.Embedder, Generation: p.Generation}
}

func find(t *testing.T, p *testpipe.Pipe, q search.Query) []search.Hit {
	t.Helper()
	if q.Tenant == "" {
		q.Tenant = events.DefaultTenant
	}
	found, err := searcher(p).Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return found.Hits
}

func submit(t *testing.T, p *testpipe.Pipe, tenant, ref string, repo *testpipe.Repo) {
	t.Helper()
	if err := p.Ingest.Handle(t.Context(), testpipe.Submission(t, tenant, events.RepoSubmitted{URL: repo.Dir, Ref: ref})); err != nil {
		t.Fatal(err)
	}
	p.Settle(t)
}

// everywhere returns a hit's own place and its other places.
func everywhere(h search.Hit) []search.Place {
	return append([]search.Place{{h.Repository, h.Track, h.Ref, h.Commit, h.Path, h.StartLine, h.EndLine}}, h.Places...)
}

// reader reads the lines of a hit as a person would. It reads each range only once.
type reader struct {
	repo  *testpipe.Repo
	lines map[string]string
}

func (r *reader) read(t *testing.T, h search.Hit) string {
	t.Helper()
	key := fmt.Sprintf("%s:%s:%d:%d", h.Commit, h.Path, h.StartLine, h.EndLine)
	if text, known := r.lines[key]; known {
		return text
	}
	cmd := exec.CommandContext(t.Context(), "sed", "-n", fmt.Sprintf("%d,%dp", h.StartLine, h.EndLine))
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Stdin = strings.NewReader(r.repo.Show(t, h.Commit, h.Path))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	r.lines[key] = string(out)
	return string(out)
}

func TestEveryHitIsWhatGitHoldsAtTheCommitItNames(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	files := tree()
	repo.Commit(t, files)
	p.Submit(t, repo)
	p.Settle(t)
	// After the second commit, most documents still belong to the first.
	files["docs/notes.md"] = testpipe.File{Content: files["docs/notes.md"].Content + "# Sluice\n\nA gate for water.\n"}
	commit := repo.Commit(t, files)
	p.Submit(t, repo)
	p.Settle(t)

	sed := reader{repo, make(map[string]string)}
	seen, partial := make(map[string]bool), 0
	for _, query := range []string{"water", "Grind7 wheat", "wheel", "sluice gate", "flour", "the last line has no end", "before after", "Mühle"} {
		hits := find(t, p, search.Query{Text: query, Limit: search.MaxLimit})
		if len(hits) == 0 {
			t.Errorf("%q: no hits", query)
		}
		for _, h := range hits {
			seen[h.Path] = true
			if h.Commit != commit {
				t.Errorf("%s: commit %s, want the current one, %s", h.Path, h.Commit, commit)
			}
			if h.Partial {
				partial++
				if whole := repo.Show(t, h.Commit, h.Path); h.Text != whole[h.StartByte:h.EndByte] {
					t.Errorf("%s: bytes %d to %d differ from git's", h.Path, h.StartByte, h.EndByte)
				}
				continue
			}
			if h.Encoding != "" {
				whole := repo.Show(t, h.Commit, h.Path)
				decoded, _, _ := text.Decode([]byte(whole[h.StartByte:h.EndByte]), strings.TrimSuffix(h.Encoding, "-bom"))
				if string(decoded) != h.Text {
					t.Errorf("%s: bytes %d to %d hold %q, the hit %q", h.Path, h.StartByte, h.EndByte, decoded, h.Text)
				}
				continue
			}
			if want := sed.read(t, h); h.Text != want {
				t.Errorf("%s, lines %d to %d: %q, git holds %q", h.Path, h.StartLine, h.EndLine, h.Text, want)
			}
		}
	}
	delete(files, "empty.txt")
	if got, want := slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("files found: %q, want %q", got, want)
	}
	if partial == 0 {
		t.Error("no part of the long line was found")
	}
}

func TestAHitNamesTheCommitThatItsTextIsOf(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	first := repo.Commit(t, testpipe.Text("a.txt", "water\n"))
	p.Submit(t, repo)
	p.Settle(t)
	repo.Commit(t, testpipe.Text("a.txt", "wine\n"))
	p.Submit(t, repo) // and leave it unindexed for now
	hits := find(t, p, search.Query{Text: "water"})
	if len(hits) != 1 || hits[0].Commit != first || hits[0].Text != "water\n" {
		t.Errorf("hits: %+v", hits)
	}
}

func TestATenantSeesItsOwn(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ours, theirs := testpipe.NewRepo(t), testpipe.NewRepo(t)
	ours.Commit(t, testpipe.Text("shared.txt", "water and wheat\n", "ours.txt", "our own water\n"))
	theirs.Commit(t, testpipe.Text("shared.txt", "water and wheat\n", "theirs.txt", "the water of theirs\n"))
	submit(t, p, "ours", "", ours)
	submit(t, p, "theirs", "", theirs)
	submit(t, p, "theirs", "", ours)
	foreign := events.RepositoryID("theirs", theirs.Dir)
	for tenant, own := range map[string][]uuid.UUID{
		"ours":    {events.RepositoryID("ours", ours.Dir)},
		"theirs":  {events.RepositoryID("theirs", ours.Dir), foreign},
		"nobody":  nil,
		"OURS":    nil,
		"our":     nil,
		"default": nil,
	} {
		hits := find(t, p, search.Query{Text: "water", Tenant: tenant, Limit: 100})
		places := 0
		for _, h := range hits {
			for _, p := range everywhere(h) {
				places++
				if !slices.Contains(own, p.Repository) {
					t.Errorf("%s sees %s of repository %s", tenant, p.Path, p.Repository)
				}
			}
		}
		if want := 2 * len(own); places != want {
			t.Errorf("%s has hits in %d places, want %d", tenant, places, want)
		}
	}
	if hits := find(t, p, search.Query{Text: "water", Tenant: "ours", Repositories: []uuid.UUID{foreign}}); len(hits) != 0 {
		t.Errorf("a foreign repository answers to its id: %+v", hits)
	}
	if _, err := searcher(p).Search(t.Context(), search.Query{Text: "water"}); err == nil {
		t.Error("a query of no tenant is answered")
	}
}

func TestFilters(t *testing.T) {
	p, one, two := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t), testpipe.NewRepo(t)
	one.Commit(t, testpipe.Text("a.go", "package water\n", "docs/b.md", "# Water\n", "docs/deep/c.md", "# Water\n"))
	one.CommitTo(t, "refs/heads/next", testpipe.Text("next.go", "package water\n"))
	two.Commit(t, testpipe.Text("two.py", "water = 1\n"))
	submit(t, p, "default", "", one)
	submit(t, p, "default", "next", one)
	submit(t, p, "default", "", two)
	for name, c := range map[string]struct {
		query search.Query
		want  []string
	}{
		"all":            {search.Query{}, []string{"a.go", "docs/b.md", "docs/deep/c.md", "next.go", "two.py"}},
		"repository":     {search.Query{Repositories: []uuid.UUID{events.RepositoryID("default", two.Dir)}}, []string{"two.py"}},
		"ref":            {search.Query{Refs: []string{"refs/heads/next"}}, []string{"next.go"}},
		"language":       {search.Query{Languages: []string{"Go"}}, []string{"a.go", "next.go"}},
		"languages":      {search.Query{Languages: []string{"Markdown", "Python"}}, []string{"docs/b.md", "docs/deep/c.md", "two.py"}},
		"path":           {search.Query{Path: "docs/b.md"}, []string{"docs/b.md"}},
		"directory":      {search.Query{Path: "docs/"}, []string{"docs/b.md", "docs/deep/c.md"}},
		"glob":           {search.Query{Path: "docs/*.md"}, []string{"docs/b.md"}},
		"any depth":      {search.Query{Path: "**/*.md"}, []string{"docs/b.md", "docs/deep/c.md"}},
		"alternatives":   {search.Query{Path: "{a,next}.go"}, []string{"a.go", "next.go"}},
		"both":           {search.Query{Languages: []string{"Go"}, Refs: []string{"refs/heads/main"}}, []string{"a.go"}},
		"nothing is so":  {search.Query{Languages: []string{"Go"}, Path: "docs/"}, nil},
		"kind":           {search.Query{Kinds: []string{"section"}}, []string{"docs/b.md", "docs/deep/c.md"}},
		"no such kind":   {search.Query{Kinds: []string{"method"}}, nil},
		"symbol":         {search.Query{Symbols: []string{"Water"}}, []string{"docs/b.md", "docs/deep/c.md"}},
		"no such symbol": {search.Query{Symbols: []string{"Wat"}}, nil},
		"no such ref":    {search.Query{Refs: []string{"main"}}, nil},
		"no such prefix": {search.Query{Path: "doc/"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.query.Text = "water"
			var got []string
			for _, h := range find(t, p, c.query) {
				for _, p := range everywhere(h) {
					got = append(got, p.Path)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestQueriesThatCannotBeAnsweredAreRejected(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	for name, q := range map[string]search.Query{
		"empty":      {},
		"blank":      {Text: " \n\t"},
		"too long":   {Text: strings.Repeat("x", 16<<10+1)},
		"too many":   {Text: "x", Limit: search.MaxLimit + 1},
		"too few":    {Text: "x", Limit: -1},
		"not a glob": {Text: "x", Path: "[a"},
		"absolute":   {Text: "x", Path: "/a"},
	} {
		q.Tenant = "default"
		_, err := searcher(p).Search(t.Context(), q)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"!?", "\x00", "\xff\xfe", "日本", strings.Repeat("a ", 8000)} {
		if _, err := searcher(p).Search(t.Context(), search.Query{Text: text, Tenant: "default"}); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestDamageIsAnErrorAndNotWrongText(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "water\n"))
	p.Submit(t, repo)
	p.Settle(t)
	key := p.One(t, "select key from packs where kind = 'text'")
	p.ChangeObject(t, key, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	hits, err := searcher(p).Search(t.Context(), search.Query{Text: "water", Tenant: "default"})
	if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "offset") {
		t.Errorf("hits %+v, error %v", hits, err)
	}
}

// The cost of a search is counted for the tenant and for no repository.
func TestSearchesAreCounted(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	t.Setenv("TEST_EMBEDDER_KEY", embeddertest.Key)
	cfg := provider.Config{Name: "openai/fake@384", URLs: []string{server.URL}, KeyEnv: "TEST_EMBEDDER_KEY", Price: 1e6}
	e, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	p := testpipe.Open(t, testpipe.Config{Embedder: e})
	for range 2 {
		find(t, p, search.Query{Text: "water"})
	}
	list, err := p.Catalog.Usage.List(t.Context(), events.DefaultTenant, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Repository != uuid.Nil || list[0].Texts != 2 || list[0].Tokens != 4 || list[0].Cost != 4 || list[0].Requests != 2 {
		t.Errorf("counted: %+v", list)
	}
}

// The parts of a number in hexadecimal are in many names. Together they do not outweigh the number.
func TestAKeyIsFoundAmongItsParts(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	const key = "leatda9063f8e11b4c0d72a5f3e6b90cc41d8f"
	parts := strings.Fields("leatda 9063 f 8 e 11 b 4 c 0 d 72 a 5 f 3 e 6 b 90 cc 41 d 8 f")
	files := make(map[string]string)
	for file := range 40 {
		var code strings.Builder
		for i := range 200 {
			fmt.Fprintf(&code, "#define REG")
			for k := range 5 {
				fmt.Fprintf(&code, "_%s", strings.ToUpper(parts[(file*7+i+k*(1+i%6))%len(parts)]))
			}
			fmt.Fprintf(&code, " 0x%x%s\n", i, parts[i%len(parts)])
		}
		files[fmt.Sprintf("regs_da_9063_%d.h", file)] = code.String()
	}
	files["notes.c"] = "/* The mill turns. */\n/* " + key + " */\nint turn(void) { return 1; }\n"
	var list []string
	for path, text := range files {
		list = append(list, path, text)
	}
	repo.Commit(t, testpipe.Text(list...))
	p.Submit(t, repo)
	p.Settle(t)
	for _, query := range []string{key, "where is " + strings.ToUpper(key)} {
		if hits := find(t, p, search.Query{Text: query}); len(hits) == 0 || hits[0].Path != "notes.c" {
			t.Errorf("%s: found first: %.300v", query, hits[:min(len(hits), 1)])
		}
	}
}

// Many texts hold the name, so its words alone do not make the text that defines it a candidate.
func TestADefinitionIsFoundAmongManyUses(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	var uses strings.Builder
	for i := range 260 {
		fmt.Fprintf(&uses, "# Part %d\n\n%s\n", i, strings.Repeat("The Sluice leads to a Sluice. ", 11))
	}
	var code strings.Builder
	code.WriteString("package mill\n\n// Sluice lets water through.\ntype Sluice struct {\n")
	for i := range 60 {
		fmt.Fprintf(&code, "\tgateOfTheRiver%d, heightOfTheWater%d int\n", i, i)
	}
	code.WriteString("}\n")
	repo.Commit(t, testpipe.Text("uses.md", uses.String(), "gate.go", code.String()))
	p.Submit(t, repo)
	p.Settle(t)
	if hits := find(t, p, search.Query{Text: "Sluice"}); len(hits) == 0 || hits[0].Path != "gate.go" {
		t.Errorf("found first: %+v", hits[:min(len(hits), 1)])
	}
}
