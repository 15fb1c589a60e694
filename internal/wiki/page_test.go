package wiki_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/wiki"
)

var update = flag.Bool("update", false, "write the goldens anew")

func mill() wiki.Source {
	return wiki.Source{
		Name: "mill", URL: "https://github.com/example/mill.git", Ref: "refs/heads/main", Commit: strings.Repeat("ab", 20), Readme: "A mill.",
		Files: []wiki.File{
			{Path: "README.md", Language: "Markdown", Blob: "01", Size: 8},
			{Path: "cmd/mill/main.go", Language: "Go", Blob: "02", Size: 90, Group: 1, Symbols: []wiki.Symbol{{Name: "main", Kind: "function", Signature: "func main()", Line: 5, End: 7}}},
			{Path: "wheel/a b.go", Language: "Go", Blob: "03", Size: 120, Group: 1, Symbols: []wiki.Symbol{
				{Name: "Wheel", Kind: "type", Signature: "type Wheel struct", Doc: "Wheel turns.", Line: 4, End: 4},
				{Name: "Wheel.Turn", Kind: "method", Signature: "func (w *Wheel) Turn() int", Line: 6, End: 9, Used: 3, Users: []wiki.User{{Path: "cmd/mill/main.go", Symbol: "main"}, {Path: "cmd/mill/main.go"}}},
			}, More: 2},
		},
		Groups: []string{"/: wheel"},
		Links:  []wiki.Link{{From: 1, To: 2}},
		Builds: []wiki.Build{{Path: "go.mod", Lines: []string{"module example.org/mill"}}},
		Skips:  map[string]int{"binary": 2, "secret": 1},
	}
}

// The pages of a small repository equal the goldens in each format.
func TestPagesAreThoseOfTheGoldens(t *testing.T) {
	for _, by := range []string{"directory", "community"} {
		site := wiki.New(mill(), by == "community")
		for _, format := range wiki.Formats() {
			var out strings.Builder
			for _, f := range site.Contents(format) {
				out.WriteString("=== " + f.Name + "\n" + f.Content)
			}
			for i := range site.Pages {
				f := site.Render(&site.Pages[i], format)
				out.WriteString("=== " + f.Name + "\n" + f.Content)
			}
			golden := filepath.Join("testdata", by+"."+format+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != out.String() {
				t.Errorf("%s is other than its golden (%v): look at it, and run with -update if that is right:\n%s", golden, err, out.String())
			}
		}
	}
}

// A page's hash follows its content: another commit changes no hash, and another text changes that
// of its page.
func TestHashesTellWhatChanged(t *testing.T) {
	hashes := func(s wiki.Source) map[string]string {
		all := make(map[string]string)
		for _, p := range wiki.New(s, false).Pages {
			all[p.Title] = p.Hash
		}
		return all
	}
	was := hashes(mill())
	other := mill()
	other.Commit = strings.Repeat("cd", 20)
	for title, hash := range hashes(other) {
		if hash != was[title] {
			t.Errorf("a commit changes %s", title)
		}
	}
	other.Files[2].Blob = "04"
	for title, hash := range hashes(other) {
		if (hash != was[title]) != (title == "wheel") {
			t.Errorf("a text of wheel: %s changed %t", title, hash != was[title])
		}
	}
}

func TestNamesOfFilesAreApart(t *testing.T) {
	var s wiki.Source
	for _, dir := range []string{"a/b", "a-b", "A/B", "a b", "..", "/", "con", "ä", strings.Repeat("x", 300), strings.Repeat("x", 301)} {
		s.Files = append(s.Files, wiki.File{Path: dir + "/f.go"})
	}
	seen := make(map[string]bool)
	for _, p := range wiki.New(s, false).Pages {
		if seen[p.ID] || strings.Trim(p.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(p.ID) > 80 {
			t.Errorf("page %q is named %q", p.Title, p.ID)
		}
		seen[p.ID] = true
	}
}

func TestFilesSayHowTheyAreBuilt(t *testing.T) {
	for file, test := range map[string]struct {
		text string
		want []string
	}{
		"Makefile":         {".PHONY: all\nall: build ## everything\nX := 1\nbuild:\n\tgo build\n", []string{"all: build ## everything", "build:"}},
		"go.mod":           {"module example.org/m\n\ngo 1.26\n\nrequire x v1\n", []string{"module example.org/m", "go 1.26"}},
		"web/package.json": {`{"main":"index.js","scripts":{"test":"vitest","build":"tsc -p ."}}`, []string{"main: index.js", `build: "tsc -p ."`, `test: "vitest"`}},
		"pyproject.toml":   {"[build-system]\nrequires = [\"hatch\"]\n[project]\nname = \"m\"\n[project.scripts]\nmill = \"mill:main\"\n[tool.x]\na = 1\n", []string{`build-system: requires = ["hatch"]`, `project: name = "m"`, `project.scripts: mill = "mill:main"`}},
		"package.json":     {"{", []string{}},
		"Dockerfile":       {"FROM scratch\n# RUN x\nENTRYPOINT [\"/mill\"]\n", []string{"FROM scratch", `ENTRYPOINT ["/mill"]`}},
	} {
		if !wiki.IsBuild(file) {
			t.Errorf("%s says how a repository is built", file)
		}
		if got := wiki.BuildOf(file, []byte(test.text)).Lines; !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", file, got, test.want)
		}
	}
	if wiki.IsBuild("a/b/c/Makefile") || wiki.IsBuild("main.go") {
		t.Error("a file deep in the tree, or of code, says how a repository is built")
	}
	readme := "<p align=center>\n# Mill\n[![badge](x)](y)\n\nA mill\nfor *grain*.\n\nMore.\n"
	if got := wiki.FirstWords(readme); got != "A mill for *grain*." {
		t.Errorf("the first words are %q", got)
	}
}

func TestTemplatesOfLinksAreChecked(t *testing.T) {
	for link, ok := range map[string]bool{
		"https://git.example.org/{path}?at={commit}#l{first}": true, "javascript:alert({path})": false, "https://a.example/": false, "//a.example/{path}": false,
		"https://u:p@a.example/{path}": false, "https://a.example/{path}\"><script>": false, "https://a.example/{path} x": false, "https://a.example/{path}" + strings.Repeat("x", 1100): false,
	} {
		if fault := wiki.CheckLink(link); (fault == "") != ok {
			t.Errorf("%.80s: %q", link, fault)
		}
	}
	s := mill()
	s.Link = "https://git.example.org/{path}?at={commit}#l{first}"
	site := wiki.New(s, false)
	page := site.Render(&site.Pages[len(site.Pages)-1], wiki.HTML)
	if want := `href="https://git.example.org/wheel/a%20b.go?at=` + s.Commit + `#l6"`; !strings.Contains(page.Content, want) {
		t.Errorf("no %s in %s", want, page.Content)
	}
}

func TestJSONIsAPage(t *testing.T) {
	site := wiki.New(mill(), false)
	for i := range site.Pages {
		var p wiki.Page
		if err := json.Unmarshal([]byte(site.Render(&site.Pages[i], wiki.JSON).Content), &p); err != nil || p.Hash != site.Pages[i].Hash {
			t.Errorf("%s: %v, hash %s", site.Pages[i].ID, err, p.Hash)
		}
	}
}
