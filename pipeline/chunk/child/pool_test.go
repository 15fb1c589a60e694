package child

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/race"
	"github.com/leatworks/leat/pipeline/chunk"
)

func open(t testing.TB, cfg Config) *Pool {
	t.Helper()
	p, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// one cuts a single text.
func one(ctx context.Context, p *Pool, language string, text []byte) ([]chunk.Span, error) {
	cuttings, err := p.Cut(ctx, []chunk.Text{{Language: language, Bytes: text}})
	if err != nil {
		return nil, err
	}
	return cuttings[0].Spans, nil
}

// spansOf cuts a text in this process.
func spansOf(t testing.TB, language string, text []byte) []chunk.Span {
	t.Helper()
	c, err := chunk.Cut(t.Context(), language, text)
	if err != nil {
		t.Error(err)
	}
	return c.Spans
}

const source = "import a\n\nclass B:\n    def c(self):\n        pass\n"

func TestAPoolCutsAsTheProcessItself(t *testing.T) {
	p := open(t, Config{Children: 2, Texts: 5})
	files, err := filepath.Glob("../testdata/sample.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var group sync.WaitGroup
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, language := range []string{"", "Python", "Go", "Markdown", "JSON", "C#", "YAML"} {
			group.Go(func() {
				got, err := one(t.Context(), p, language, text)
				if want := spansOf(t, language, text); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s as %q: %d spans, %v; want %d", file, language, len(got), err, len(want))
				}
			})
		}
	}
	group.Wait()
}

// TestTextsAreAnsweredInOrder gives texts with and without a grammar to one call. Among
// them is one of which each child dies.
func TestTextsAreAnsweredInOrder(t *testing.T) {
	if _, err := os.Stat("/proc/self/exe"); err != nil || race.On || !chunk.Trees {
		t.Skip("needs a limit of memory that the kernel enforces, and parsers")
	}
	p := open(t, Config{Children: 1, Memory: LeastMemory, Texts: 7})
	bomb := append([]byte("package a\n"), bytes.Repeat([]byte("var a = b{c, d}\n"), 20<<20/16)...)
	var texts []chunk.Text
	var want [][]chunk.Span
	for i := range 40 {
		text := chunk.Text{Language: []string{"Python", "", "Go", "Text"}[i%4], Bytes: []byte(strings.Repeat(source, i))}
		if i == 22 {
			text = chunk.Text{Language: "Go", Bytes: bomb}
			want = append(want, chunk.Lines(bomb))
		} else {
			want = append(want, spansOf(t, text.Language, text.Bytes))
		}
		texts = append(texts, text)
	}
	got, err := p.Cut(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i].Spans, want[i]) {
			t.Errorf("text %d: %d spans; want %d", i, len(got[i].Spans), len(want[i]))
		}
		if whole, err := chunk.Cut(t.Context(), texts[i].Language, texts[i].Bytes); i != 22 && (err != nil || !bytes.Equal(got[i].Facts, whole.Facts)) {
			t.Errorf("text %d: %d bytes of facts; want %d (%v)", i, len(got[i].Facts), len(whole.Facts), err)
		}
	}
}

// TestAKilledChildCostsNothing kills children in the middle of a parse, again
// and again: each text is given to another child, and cut in the same way.
func TestAKilledChildCostsNothing(t *testing.T) {
	if !chunk.Trees {
		t.Skip("built without cgo")
	}
	p := open(t, Config{Children: 1})
	text := []byte(strings.Repeat(source, 8<<10))
	want := spansOf(t, "Python", text)
	p.running(t)
	before := descriptors(t)
	for hits, tries := 0, 0; hits < 5; tries++ {
		if tries == 50 {
			t.Fatalf("%d of %d kills came in the middle of a parse", hits, tries)
		}
		killed := make(chan error, 1)
		started := p.running(t)
		go func() {
			time.Sleep(time.Duration(len(text)) * time.Nanosecond) // somewhere in the parse, which takes a hundred times that
			killed <- syscall.Kill(started, syscall.SIGKILL)
		}()
		got, err := one(t.Context(), p, "Python", text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d spans, %v; want %d", len(got), err, len(want))
		}
		if err := <-killed; err != nil {
			t.Fatal(err)
		}
		if p.idlePID() == started { // the kill came after the parse
			continue
		}
		hits++
		if err := syscall.Kill(started, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("the child that was killed is still there: %v", err)
		}
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d open files, %d before", after, before)
	}
}

// running starts the pool's only child, if none runs, and returns its process id.
func (p *Pool) running(t *testing.T) int {
	t.Helper()
	if _, err := one(t.Context(), p, "Python", []byte(source)); err != nil {
		t.Fatal(err)
	}
	return p.idlePID()
}

// idlePID returns the process id of the pool's only child, which has nothing to do.
func (p *Pool) idlePID() int {
	<-p.slots
	c := p.waiting()
	defer func() { p.idle <- c; p.slots <- struct{}{} }()
	return c.cmd.Process.Pid
}

func descriptors(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list open files")
	}
	return len(list)
}

func TestAnEndedContextKillsTheChild(t *testing.T) {
	p := open(t, Config{Children: 1})
	pid := p.running(t)
	// A context that ends before the child has the text leaves the child alone.
	long := bytes.Repeat([]byte(source), 20<<10)
	late := 0
	for patience := time.Millisecond; syscall.Kill(pid, 0) == nil; patience *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := one(ctx, p, "Python", long)
		cancel()
		if err == nil && late < 20 { // a busy machine gave the child the text so late that all of it was cut in time
			late++
			patience = time.Millisecond
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("with %s: got %v", patience, err)
		}
	}
	if _, err := one(t.Context(), p, "Python", []byte(source)); err != nil {
		t.Errorf("the next text: %v", err)
	}
}

func TestAClosedPoolRefuses(t *testing.T) {
	p := open(t, Config{Children: 1})
	pid := p.running(t)
	failed := make(chan error, 4)
	for range cap(failed) {
		go func() {
			for {
				if _, err := one(t.Context(), p, "Python", []byte(source)); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	p.Close()
	for range cap(failed) {
		if err := <-failed; !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("a child is still there: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	if _, err := os.Stat("/proc/self/exe"); err != nil {
		t.Skip("only Linux enforces limits")
	}
	if race.On {
		t.Skip("the race detector takes more than any limit")
	}
	p := open(t, Config{Children: 1, Memory: LeastMemory})
	text := bytes.Repeat([]byte("var a = b{c, d}\n"), 20<<20/16)
	got, err := one(t.Context(), p, "Go", append([]byte("package a\n"), text...))
	if err != nil || len(got) == 0 || got[0].Kind != chunk.KindLines {
		t.Errorf("%d spans, %v; want lines", len(got), err)
	}
}

func TestAProgramThatDoesNotAskIsRefused(t *testing.T) {
	asked.Store(false)
	defer asked.Store(true)
	if _, err := New(Config{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("it was not refused")
	}
}

func FuzzReadAnswer(f *testing.F) {
	var out bytes.Buffer
	cutting, err := chunk.Cut(f.Context(), "Python", []byte(source))
	if err != nil {
		f.Fatal(err)
	}
	if err := writeAnswer(&out, cutting); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes(), len(source))
	f.Add([]byte{0, 0, 0, 1, 0xff}, 1)
	f.Fuzz(func(t *testing.T, answer []byte, size int) {
		if len(answer) >= 4 && (answer[0] != 0 || answer[1] > 1) {
			t.Skip("too long to make room for")
		}
		cutting, err := readAnswer(bytes.NewReader(answer), size)
		at := 0
		for _, s := range cutting.Spans {
			if err == nil && (s.Start < at || s.End <= s.Start || s.End > size) {
				t.Fatalf("%+v after %d, of %d bytes", s, at, size)
			}
			at = s.End
		}
	})
}

func FuzzReadRequest(f *testing.F) {
	var out bytes.Buffer
	if err := writeRequests(&out, []chunk.Text{{Language: "Go", Bytes: []byte("package a\n")}}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, request []byte) {
		if len(request) >= 5 && request[4] != 0 {
			t.Skip("too long to make room for")
		}
		text, err := readRequest(bytes.NewReader(request))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeRequests(&again, []chunk.Text{text}); err != nil || !bytes.HasPrefix(request, again.Bytes()) {
			t.Fatalf("%q became %q, %v", request, again.Bytes(), err)
		}
	})
}

// BenchmarkCut compares the pool with the process itself, on files as they are.
func BenchmarkCut(b *testing.B) {
	files, _ := filepath.Glob("../testdata/sample.*")
	languages := map[string]string{".py": "Python", ".c": "C", ".cs": "C#", ".java": "Java", ".js": "JavaScript", ".rs": "Rust", ".md": "Markdown", ".json": "JSON"}
	pool := open(b, Config{Children: 2})
	for _, by := range []struct {
		name string
		cut  func(context.Context, []chunk.Text) ([]chunk.Cutting, error)
	}{{"process", InProcess{}.Cut}, {"children", pool.Cut}} {
		b.Run(by.name, func(b *testing.B) {
			total := 0
			for b.Loop() {
				var texts []chunk.Text
				for _, file := range files {
					language := languages[filepath.Ext(file)]
					if language == "" {
						continue
					}
					text, err := os.ReadFile(file)
					if err != nil {
						b.Fatal(err)
					}
					text = bytes.Repeat(text, 4)
					total += len(text)
					texts = append(texts, chunk.Text{Language: language, Bytes: text})
				}
				if _, err := by.cut(b.Context(), texts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "MB/s")
		})
	}
}

// TestOneChildServesOneCaller checks that a running child is used before another one starts.
func TestOneChildServesOneCaller(t *testing.T) {
	p := open(t, Config{Children: 3})
	first := p.running(t)
	for range 5 {
		if pid := p.running(t); pid != first {
			t.Fatalf("process %d serves, process %d waits", pid, first)
		}
	}
}
