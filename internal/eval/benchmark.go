package eval

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The categories of questions whose file names none.
const (
	categoryArchitecture = "architecture"
	categorySemantic     = "semantic"
	categorySymbol       = "symbol"
)

// subject is a repository of a benchmark, as repos.json describes it.
type subject struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Revision string `json:"revision"`
	Root     string `json:"benchmark_root"` // the directory that is searched; "": all
	half     int    // 0: the half for tuning; 1: the half that decides
}

// target is a file, or lines of one, that answers a question.
type target struct {
	Path  string `json:"path"`
	Start int    `json:"start_line"` // 0: the whole file
	End   int    `json:"end_line"`
}

// UnmarshalJSON also reads a string, which is a path.
func (t *target) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &t.Path) == nil {
		return nil
	}
	type plain target
	return json.Unmarshal(data, (*plain)(t))
}

// annotation is a question and its answers.
type annotation struct {
	Query     string   `json:"query"`
	Category  string   `json:"category"`
	Relevant  []target `json:"relevant"`
	Secondary []target `json:"secondary"`
}

// targets are all right answers: the benchmark counts both kinds alike.
func (a annotation) targets() []target { return append(slices.Clone(a.Relevant), a.Secondary...) }

// category returns the category that the file names, or else the benchmark's own guess.
func (a annotation) category() string {
	switch {
	case a.Category != "":
		return a.Category
	case !strings.Contains(strings.TrimSpace(a.Query), " "):
		return categorySymbol
	case strings.HasPrefix(strings.ToLower(a.Query), "how "):
		return categoryArchitecture
	}
	return categorySemantic
}

// largestJSON bounds the files of a benchmark, in bytes.
const largestJSON = 16 << 20

// loadSubjects reads dir/repos.json and keeps the repositories with a file of
// questions. Sorted by language and name, every second one belongs to the half
// that decides, so that both halves have most languages.
func loadSubjects(dir string, only []string) ([]subject, error) {
	var all []subject
	if err := readJSON(filepath.Join(dir, "repos.json"), &all); err != nil {
		return nil, err
	}
	for _, name := range only {
		if !slices.ContainsFunc(all, func(s subject) bool { return s.Name == name }) {
			return nil, fmt.Errorf("repos.json in %s describes no repository %q", dir, name)
		}
	}
	slices.SortFunc(all, func(a, b subject) int {
		return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Name, b.Name))
	})
	var kept []subject
	for i, s := range all {
		s.half = i % 2
		if s.Name != filepath.Base(s.Name) || strings.HasPrefix(s.Name, ".") {
			return nil, fmt.Errorf("repos.json in %s: %q is not a file name", dir, s.Name)
		}
		if s.Root = path.Clean(s.Root); s.Root == "." {
			s.Root = ""
		}
		_, err := os.Stat(questionsFile(dir, s.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist) || len(only) > 0 && !slices.Contains(only, s.Name):
			continue
		case err != nil:
			return nil, err
		}
		kept = append(kept, s)
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("no repository of %s has a file of questions in its directory annotations", filepath.Join(dir, "repos.json"))
	}
	return kept, nil
}

func questionsFile(dir, name string) string { return filepath.Join(dir, "annotations", name+".json") }

func loadAnnotations(dir, name string) ([]annotation, error) {
	var list []annotation
	if err := readJSON(questionsFile(dir, name), &list); err != nil {
		return nil, err
	}
	for i, a := range list {
		if strings.TrimSpace(a.Query) == "" || len(a.Relevant)+len(a.Secondary) == 0 {
			return nil, fmt.Errorf("question %d of %s lacks its text or its answers", i+1, questionsFile(dir, name))
		}
	}
	return list, nil
}

func readJSON(file string, into any) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() > largestJSON {
		return fmt.Errorf("%s has %d bytes; at most %d are read", file, info.Size(), largestJSON)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

// within returns the files below a directory, with paths relative to it.
func within(files []file, root string) []file {
	if root == "" {
		return files
	}
	var kept []file
	for _, f := range files {
		if below, ok := strings.CutPrefix(f.path, root+"/"); ok {
			f.path = below
			kept = append(kept, f)
		}
	}
	return kept
}

// names says whether the target is the file at a path of the repository. An
// annotation may name the end of a path.
func (t target) names(path string) bool { return path == t.Path || strings.HasSuffix(path, "/"+t.Path) }

// rank returns the place of the first hit that shows a part of the target,
// counted from 0, or -1.
func (t target) rank(hits [][]answer) int {
	return slices.IndexFunc(hits, func(places []answer) bool {
		return slices.ContainsFunc(places, func(a answer) bool {
			return t.names(a.path) && (t.Start == 0 || t.End == 0 || a.first <= t.End && t.Start <= a.last)
		})
	})
}

// ndcg scores the first ten hits by the rules of the benchmark: each target counts at the place of
// the first hit that shows it, and a place counts once.
func ndcg(targets []target, hits [][]answer) float64 {
	found := make(map[int]bool)
	for _, t := range targets {
		if at := t.rank(hits[:min(len(hits), Depth)]); at >= 0 {
			found[at] = true
		}
	}
	dcg, ideal := 0.0, 0.0
	for i := range Depth {
		if found[i] {
			dcg += discount(i)
		}
		if i < len(targets) {
			ideal += discount(i)
		}
	}
	if ideal == 0 {
		return 0
	}
	return dcg / ideal
}
