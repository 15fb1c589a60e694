//go:build linux

package peer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/gitrun"
	"github.com/leatworks/leat/internal/testenv/leak"
)

// TestLeat goes through all steps with leat alone. LEAT_TEST_PEERS names a directory in which the
// other programs are, or will be, installed; then they take part. Counts are checked, and never
// durations.
func TestLeat(t *testing.T) {
	if testing.Short() {
		t.Skip("starts leat")
	}
	t.Cleanup(func() { leak.VerifyNone(t) })
	t.Setenv("CGO_ENABLED", "0") // reuses the packages that make cross has compiled
	const files = 20
	repo := small(t, files)
	cfg := Config{Repo: repo, Rounds: 1, Programs: []string{"leat"}, Install: t.TempDir(), Dir: t.TempDir(), Out: t.Output()}
	if dir := os.Getenv("LEAT_TEST_PEERS"); dir != "" {
		cfg.Install, cfg.Programs = dir, Names
	}
	report, err := Run(t.Context(), cfg)
	report.Write(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if report.Files != files {
		t.Errorf("%d files are measured, and %d are in the repository that every program reads", report.Files, files)
	}
	for _, p := range report.Programs {
		checkProgram(t, p, files)
	}
	leat := report.Programs[0]
	for _, name := range []string{stepSame, stepRename, stepRemove} {
		if s, _ := leat.step(name); s.Texts.Texts != 0 {
			t.Errorf("leat embedded %d texts at the step %q, which brings no new text", s.Texts.Texts, name)
		}
	}
	if len(report.First) != len(StepNames) { // memory instead of the start
		t.Errorf("%d rows say who was first, want %d", len(report.First), len(StepNames))
	}
}

func checkProgram(t *testing.T, p Program, files int64) {
	t.Helper()
	if p.Skipped != "" {
		t.Logf("%s is skipped: %s", p.Name, p.Skipped)
		return
	}
	if len(p.Steps) != len(StepNames) || p.Failed != "" {
		t.Errorf("%s went through %d steps of %d: %s", p.Name, len(p.Steps), len(StepNames), p.Failed)
	}
	if p.PeakBytes == 0 || p.DiskBytes == 0 || p.Version == "" {
		t.Errorf("%s %q has a peak of %d bytes, and %d bytes on disk", p.Name, p.Version, p.PeakBytes, p.DiskBytes)
	}
	for _, s := range p.Steps {
		if s.Name != stepStart && s.Seconds <= 0 {
			t.Errorf("%s took no time for the step %q", p.Name, s.Name)
		}
	}
	if !p.Vectors {
		return
	}
	if p.Files != files || p.Chunks < files {
		t.Errorf("%s holds %d files and %d chunks", p.Name, p.Files, p.Chunks)
	}
	if cold, _ := p.step(stepCold); cold.Texts.Texts < files {
		t.Errorf("%s embedded %d texts of %d files", p.Name, cold.Texts.Texts, files)
	}
	if edit, _ := p.step(stepEdit); edit.Texts.Texts == 0 {
		t.Errorf("%s embedded nothing for a changed line", p.Name)
	}
}

// small makes a repository of files that every program reads, and of some that not all read.
func small(t *testing.T, files int) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		name := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range files {
		var text strings.Builder
		fmt.Fprintf(&text, "package part%d\n", i)
		for j := range 10 + i {
			fmt.Fprintf(&text, "\n// Turn%d turns wheel %d of machine %d.\nfunc Turn%[1]d(angle int) int {\n\treturn angle*%[2]d + %d\n}\n", j, j, i)
		}
		write(fmt.Sprintf("part%d/part.go", i), text.String())
	}
	write("build/made.go", "package made\n")
	write("note.txt", "Not every program reads this.\n")
	write("broken.go", "package \xff\n")
	write("empty.go", "")
	if err := os.Symlink("part0/part.go", filepath.Join(dir, "link.go")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=trunk"}, {"add", "-A"},
		{"-c", "user.name=leat", "-c", "user.email=leat@example.com", "commit", "--quiet", "-m", "Begin"},
	} {
		if _, err := gitrun.Run(t.Context(), nil, append([]string{"-C", dir}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestUnknownProgram(t *testing.T) {
	_, err := Run(t.Context(), Config{Repo: small(t, 2), Programs: []string{"nosuch"}, Install: t.TempDir(), Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), `no program "nosuch"`) {
		t.Errorf("a run of an unknown program ended with %v", err)
	}
}

func TestSkipped(t *testing.T) {
	t.Setenv("PATH", gitAlone(t))
	report, err := Run(t.Context(), Config{Repo: small(t, 2), Programs: Names[1:], Install: t.TempDir(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	report.Write(&out)
	if n := strings.Count(out.String(), "skipped: "); n != 3 {
		t.Errorf("%d of 3 programs are skipped where nothing can be installed:\n%s", n, &out)
	}
}

// gitAlone returns a PATH with git and nothing else.
func gitAlone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(git, filepath.Join(dir, "git")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestServer(t *testing.T) {
	s, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	ask := func(body string) (vectors []any) {
		t.Helper()
		answer, err := http.Post(s.url+"/embeddings", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		var a struct {
			Data []struct {
				Embedding any `json:"embedding"`
			} `json:"data"`
		}
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s answered %q: %v", answer.Status, text, err)
		}
		for _, d := range a.Data {
			vectors = append(vectors, d.Embedding)
		}
		return vectors
	}
	if v := ask(`{"input": ["turn the wheel", "stop"]}`); len(v) != 2 || len(v[0].([]any)) != dimensions() {
		t.Errorf("two texts have %d vectors", len(v))
	}
	if v := ask(`{"input": "turn", "encoding_format": "base64"}`); len(v) != 1 || len(v[0].(string)) != dimensions()*4*4/3 {
		t.Errorf("one text as base64 has the vectors %v", v)
	}
	if got, want := s.count(), (Texts{Requests: 2, Texts: 3, Bytes: 22}); got != want {
		t.Errorf("the server counted %+v, want %+v", got, want)
	}
}
