//go:build linux

package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/testenv/leak"
)

func TestMain(m *testing.M) {
	stack.Serve()
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

// built is the directory of the binaries that the tests share; "": they are not built yet.
var built string

// binaries returns the directory of leat's binaries.
func binaries(t *testing.T) string {
	t.Helper()
	if built != "" {
		return built
	}
	dir, err := os.MkdirTemp("", "leat-bench-bin-")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CGO_ENABLED", "0") // reuses the packages that make cross has compiled
	if err := stack.Build(dir); err != nil {
		os.RemoveAll(dir)
		t.Fatal(err)
	}
	built = dir
	return built
}

// TestShort is a small make bench. It checks counts, and never durations.
func TestShort(t *testing.T) {
	if testing.Short() {
		t.Skip("starts eight processes")
	}
	t.Cleanup(func() { leak.VerifyNone(t) })
	const files = 50
	dir := t.TempDir()
	report, err := Run(t.Context(), Config{Files: files, Seed: 1, Rounds: 1, Queries: 5, Pairs: 1, Fast: true, Out: t.Output(), Dir: dir, Keep: true, Bin: binaries(t)})
	report.Write(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	expected := (&run{}).phases()
	for i, p := range expected {
		if i == len(report.Phases) || report.Phases[i].Name != p.name {
			t.Fatalf("phase %d is not %q", i, p.name)
		}
		checkPhase(t, report.Phases[i])
	}
	cold := report.Phases[0]
	if cold.Documents < files*9/10 || cold.Chunks < cold.Documents || cold.Bytes < cold.Chunks || cold.puts() == 0 || cold.EmbeddedTexts == 0 {
		t.Errorf("the cold ingest wrote %d documents, %d chunks, %d bytes, %d objects, and embedded %d texts", cold.Documents, cold.Chunks, cold.Bytes, cold.puts(), cold.EmbeddedTexts)
	}
	for _, name := range []string{"git fetch", "git cat-file", "zstd", "S3 PUT", "SQL rows", "embed", "Qdrant upsert", "NATS publish"} {
		if f := floorOf(cold, name); f.Items == 0 || f.Seconds == 0 {
			t.Errorf("no floor of %s", name)
		}
	}
	if f := floorOf(cold, "embed"); f.Items != cold.EmbeddedTexts {
		t.Errorf("leat embedded %d texts, the floor %d", cold.EmbeddedTexts, f.Items)
	}
	if f := floorOf(cold, "Qdrant upsert"); f.Items != cold.Chunks {
		t.Errorf("leat made %d points, the floor %d", cold.Chunks, f.Items)
	}
	if f := floorOf(cold, "zstd"); f.Bytes > cold.Bytes {
		t.Errorf("the floor compressed %d bytes of %d", f.Bytes, cold.Bytes)
	}
	for _, want := range []struct {
		phase           string
		documents, puts int64
		embeds          bool
	}{
		{"same commit again", 0, 0, false},
		{"same commit, leat submit --wait", 0, 0, false},
		{"one-line edit", 1, 2, true},
		{"rename", 1, 0, false},
		{"delete", 0, 0, false},
		{"rebuild", cold.Documents - 1, 0, false},
	} {
		i := slices.IndexFunc(report.Phases, func(p Phase) bool { return p.Name == want.phase })
		p := report.Phases[i]
		if p.Documents != want.documents || p.puts() != want.puts || (p.EmbeddedTexts > 0) != want.embeds {
			t.Errorf("%s: %d documents, %d objects, %d texts embedded", p.Name, p.Documents, p.puts(), p.EmbeddedTexts)
		}
	}
	moved := report.Phases[slices.IndexFunc(report.Phases, func(p Phase) bool { return p.Name == "rename of a directory" })]
	if moved.Documents < 2 || moved.puts() != 0 || moved.EmbeddedTexts != 0 {
		t.Errorf("rename of a directory: %d documents, %d objects, %d texts embedded", moved.Documents, moved.puts(), moved.EmbeddedTexts)
	}
	if s := report.Search; s == nil || s.Points == 0 || s.Leat.P50 == 0 || s.Leat.P99 < s.Leat.P50 || s.Floor.P50 == 0 || s.LeatRate == 0 || s.FloorRate == 0 ||
		len(s.LeatCPU) != 4 || s.ByCommand.Queries != 5 || s.ByCommand.Took.P50 == 0 || s.ByCommand.CPU == 0 ||
		s.ByServer.Queries != 5 || s.ByServer.Above.P50 == 0 || s.ByServer.Command.P50 <= s.ByServer.Above.P50 {
		t.Errorf("search: %+v", s)
	}
	if c := report.Telemetry; c == nil || c.Requests == 0 || c.With.CPUSeconds == 0 || c.Without.Seconds == 0 {
		t.Errorf("telemetry: %+v", c)
	}
	var out bytes.Buffer
	if err := report.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(out.Bytes(), &again); err != nil || len(again.Phases) != len(expected) || again.Phases[0].Messages != cold.Messages {
		t.Errorf("the JSON differs from the report: %v", err)
	}
	searchAgain(t, dir, report.Search.Points)
	changesAlone(t)
}

// changesAlone measures the small changes without floors.
func changesAlone(t *testing.T) {
	t.Helper()
	report, err := Run(t.Context(), Config{Changes: true, Files: 20, Seed: 2, Rounds: 1, Fast: true, Out: t.Output(), Dir: t.TempDir(), Bin: binaries(t)})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range report.Phases {
		names = append(names, p.Name)
		if len(p.Floors) > 0 || p.Ratio != 0 {
			t.Errorf("%s has floors: %+v", p.Name, p.Floors)
		}
	}
	want := []string{
		"cold ingest", "symbol graph", "same commit again", "same commit, leat submit --wait", "one-line edit", "rename", "delete", "rename of a directory",
	}
	if !slices.Equal(names, want) || report.Search != nil || report.Telemetry != nil {
		t.Errorf("phases %q, search %v, telemetry %v", names, report.Search, report.Telemetry)
	}
	if edit := report.Phases[4]; edit.Documents != 1 || edit.EmbeddedTexts == 0 {
		t.Errorf("one-line edit: %d documents, %d texts embedded", edit.Documents, edit.EmbeddedTexts)
	}
	if moved := report.Phases[7]; moved.Documents < 2 || moved.EmbeddedTexts != 0 || moved.puts() != 0 {
		t.Errorf("rename of a directory: %d documents, %d texts embedded, %d objects", moved.Documents, moved.EmbeddedTexts, moved.puts())
	}
}

// searchAgain measures the search in the stores that a run has kept.
func searchAgain(t *testing.T, dir string, points int64) {
	t.Helper()
	report, err := Run(t.Context(), Config{Again: true, Queries: 3, Fast: true, Out: t.Output(), Dir: dir, Bin: binaries(t)})
	if err != nil {
		t.Fatal(err)
	}
	if s := report.Search; s == nil || s.Points != points || s.ByCommand.Queries != 3 || len(report.Phases) != 0 {
		t.Errorf("the search again: %+v, %d phases", s, len(report.Phases))
	}
	if _, err := Run(t.Context(), Config{Again: true, Out: t.Output()}); err == nil {
		t.Error("a search again needs no directory")
	}
}

func floorOf(p Phase, name string) Floor {
	for _, f := range p.Floors {
		if f.Name == name {
			return f
		}
	}
	return Floor{}
}

// checkPhase checks the figures that every phase has.
func checkPhase(t *testing.T, p Phase) {
	t.Helper()
	if p.Seconds == 0 || p.FloorSeconds == 0 || p.Ratio == 0 || p.Messages == 0 && p.Name != "rebuild" || p.requests(stack.Postgres, "statement") == 0 {
		t.Errorf("%s: %.3f s by %.3f s, %d messages, %v", p.Name, p.Seconds, p.FloorSeconds, p.Messages, p.Stores)
	}
	for _, name := range slices.Concat(workerNames, stack.StoreNames) {
		if p.Processes[name].PeakBytes == 0 {
			t.Errorf("%s: no memory of %s", p.Name, name)
		}
	}
	if n := p.requests(stack.S3, "unread"); n > 0 {
		t.Errorf("%s: %d connections to S3 could not be read", p.Name, n)
	}
}

func TestInventIsTheSameAgain(t *testing.T) {
	stream := func(seed uint64, files int) string {
		var b bytes.Buffer
		if err := invent(&b, seed, files); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	small, large := stream(1, 200), stream(1, 300)
	if small != stream(1, 200) {
		t.Error("the same seed makes different files")
	}
	if !strings.HasPrefix(large, strings.TrimSuffix(small, "\n")) {
		t.Error("a larger repository does not begin with the smaller one's files")
	}
	if stream(2, 200) == small {
		t.Error("another seed makes the same files")
	}
	paths, contents, total := map[string]bool{}, map[string]bool{}, 0
	for i := range 2000 {
		f := inventFile(1, i)
		paths[f.path], contents[f.content] = true, true
		total += len(f.content)
	}
	if len(paths) != 2000 || len(contents) == 2000 || len(contents) < 1900 {
		t.Errorf("2,000 files have %d paths and %d contents", len(paths), len(contents))
	}
	if mean := total / 2000; mean < 4<<10 || mean > 9<<10 {
		t.Errorf("a file has %d bytes on average", mean)
	}
}
