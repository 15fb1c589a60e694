package eval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/gitrun"
)

// history is a repository made of commits: author, message, files.
type version struct {
	author, message string
	files           map[string]string
}

func newHistory(t *testing.T, list ...version) repository {
	t.Helper()
	dir := t.TempDir()
	if _, err := runGit(t.Context(), dir, nil, "init", "--quiet", "--bare", "--initial-branch=main"); err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	for i, v := range list {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter %s <%[1]s@example.org> %d +0000\ndata %d\n%s\n", v.author, 1700000000+i, len(v.message), v.message)
		for path, content := range v.files {
			fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", gitrun.Quote(path), len(content), content)
		}
	}
	if _, err := runGit(t.Context(), dir, strings.NewReader(in.String()), "fast-import", "--quiet"); err != nil {
		t.Fatal(err)
	}
	return repository{dir}
}

const (
	gates = "package mill\n\n// openGate lets the water of the leat flow in.\nfunc openGate() int {\n\treturn 1\n}\n\n// Closes all of the gates at night.\nfunc closeGate() int {\n\treturn 2\n}\n"
	wheel = "package mill\n\n// Wheel is turned by the water of the leat.\ntype Wheel struct{}\n\n// Turn says by how much it was turned.\nfunc (w *Wheel) Turn() int {\n\treturn 3\n}\n"
)

func mill(t *testing.T) repository {
	return newHistory(t,
		version{"miller", "Build a mill at the leat", map[string]string{"gate.go": strings.ReplaceAll(gates, "return 2", "return 0"), "notes.md": "# Mill\n"}},
		version{"miller", "Close the gate more tightly at night (#12)\n\nThe river was high.\n\nSigned-off-by: Miller <m@example.org>\nFixes #3\n", map[string]string{"gate.go": gates}},
		version{"dependabot[bot]", "Turn the wheel by water alone", map[string]string{"wheel.go": strings.ReplaceAll(wheel, "return 3", "return 4")}},
		version{"miller", "Fix a typo in the words on the wheel", map[string]string{"wheel.go": strings.ReplaceAll(wheel, "return 3", "return 5")}},
		version{"miller", "Count the turns of the wheel again", map[string]string{"wheel.go": wheel, "vendor/x/wheel.go": strings.ReplaceAll(wheel, "Wheel", "Vendored")}},
	)
}

func TestQuestions(t *testing.T) {
	c, err := build(t.Context(), mill(t), 0, DefaultHistory)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range c.questions {
		got = append(got, fmt.Sprintf("%s %q %v", q.kind, q.text, q.answers))
	}
	slices.Sort(got)
	want := []string{
		`commit "Build a mill at the leat" [{gate.go {9 11}} {gate.go {4 6}}]`,
		`commit "Close the gate more tightly at night The river was high." [{gate.go {9 11}}]`,
		`commit "Count the turns of the wheel again" [{wheel.go {7 9}}]`,
		`doc "Closes all of the gates at night." [{gate.go {7 9}}]`,
		`doc "is turned by the water of the leat." [{wheel.go {3 3}}]`,
		`doc "lets the water of the leat flow in." [{gate.go {3 5}}]`,
		`doc "says by how much it was turned." [{wheel.go {5 7}}]`,
		`name "Wheel" [{wheel.go {4 4}}]`,
		`name "closeGate" [{gate.go {9 9}}]`,
		`name "openGate" [{gate.go {4 4}}]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("questions:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range c.bare {
		if strings.Contains(f.content, "leat") && !strings.HasPrefix(f.path, "vendor/") {
			t.Errorf("%s of the copy without comments holds a question:\n%s", f.path, f.content)
		}
	}
	some, err := build(t.Context(), mill(t), 2, DefaultHistory)
	if err != nil {
		t.Fatal(err)
	}
	if len(some.questions) != 6 || !slices.EqualFunc(some.questions[:2], c.questions[:2], func(a, b question) bool { return a.text == b.text }) {
		t.Errorf("%d questions, want two of each kind", len(some.questions))
	}
}

func TestACopyHoldsTheFiles(t *testing.T) {
	files := []file{{"../out", "100755", ""}, {"a b\n.go", "100644", "package a\n"}, {"x/.git/config", "100644", "no end"}}
	dir := t.TempDir()
	if err := write(t.Context(), dir, files); err != nil {
		t.Fatal(err)
	}
	r := repository{dir}
	head, err := r.head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.files(t.Context(), head); err != nil || !slices.Equal(got, files) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestQuestionsAskedTwiceAreLeftOut(t *testing.T) {
	a, b := answer{"a", lines{1, 1}}, answer{"b", lines{1, 1}}
	list := choose([]question{newQuestion(KindDoc, "the same", a), newQuestion(KindDoc, "other", a), newQuestion(KindDoc, "the same", b)}, 5)
	if len(list) != 1 || list[0].text != "other" {
		t.Errorf("chosen: %v", list)
	}
}

func TestAnswersAside(t *testing.T) {
	for path, want := range map[string]bool{
		"gate_test.go": true, "tests/gate.py": true, "src/test/java/Gate.java": true, "GateTest.java": true, "examples/gate.go": true,
		"gate.spec.ts": true, "bench/gate.rs": true, "gate.go": false, "contest/latest.go": false, "attestation.go": false, "src/main/Sampler.java": false,
	} {
		q := newQuestion(KindName, "gate", answer{"mill.go", lines{1, 2}}, answer{path, lines{1, 2}})
		if q.aside() != want {
			t.Errorf("%s is aside: %v, want %v", path, q.aside(), want)
		}
	}
}
