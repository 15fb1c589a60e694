package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/leatworks/leat/pipeline/fact"
)

// The programs that ask jedi and the compilers of TypeScript and Java.
var (
	//go:embed truth/python.py
	pythonTruth []byte
	//go:embed truth/typescript.js
	typescriptTruth []byte
	//go:embed truth/Truth.java
	javaTruth []byte
)

var languages = map[string]string{".go": "Go", ".py": "Python", ".ts": "TypeScript", ".tsx": "TSX", ".json": "JSON", ".java": "Java"}

// spot is a place in the answer of such a program, with its name if it has one.
type spot struct {
	at
	name string
}

func (s *spot) UnmarshalJSON(b []byte) error {
	var parts []any
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) < 2 {
		return fmt.Errorf("a place is a path and a byte: %s", b)
	}
	path, ok := parts[0].(string)
	number, also := parts[1].(float64)
	if !ok || !also {
		return fmt.Errorf("a place is a path and a byte: %s", b)
	}
	s.at = at{filepath.ToSlash(path), int(number)}
	if len(parts) > 2 {
		s.name, _ = parts[2].(string)
	}
	return nil
}

// told asks a program for the truth about a tree.
func told(by, dir string, sample int) (*truth, error) {
	name, program, text := os.Getenv("PYTHON"), "truth.py", pythonTruth
	switch {
	case by == "typescript":
		name, program, text = "node", "truth.js", typescriptTruth
	case by == "java":
		name, program, text = "java", "Truth.java", javaTruth
	case by != "python":
		return nil, fmt.Errorf("unknown program -by %s: use go, python, typescript or java", by)
	case name == "":
		name = "python3"
	}
	folder, err := os.MkdirTemp("", "leat-truth-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a leftover does no harm
	file := filepath.Join(folder, program)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(name, file, dir, strconv.Itoa(sample))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s about %s: %w", name, dir, err)
	}
	var answer struct {
		Files   []string
		Defined []spot
		Others  []spot
		Calls   []spot
		Refers  []struct {
			At           spot
			To           []spot
			Known, Local bool
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("read what %s says of %s: %w", name, dir, err)
	}
	t := &truth{
		defined: make(map[at]string), refers: make(map[at][]at), calls: make(map[at]bool), files: make(map[string]bool), silent: make(map[at]bool), others: make(map[at]bool),
		partial: true,
	}
	for _, f := range answer.Files {
		t.files[filepath.ToSlash(f)] = true
	}
	configs, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, f := range configs {
		if name := filepath.Base(f); by == "typescript" && (name == "package.json" || strings.HasPrefix(name, "tsconfig")) {
			t.files[name] = true
		}
	}
	for _, d := range answer.Defined {
		t.defined[d.at] = d.name
	}
	for _, o := range answer.Others {
		t.others[o.at] = true
	}
	for _, c := range answer.Calls {
		t.calls[c.at] = true
	}
	for _, r := range answer.Refers {
		to := []at{}
		for _, one := range r.To {
			to = append(to, one.at)
		}
		t.refers[r.At.at] = to
		t.silent[r.At.at] = !r.Known || len(to) == 0 && r.Local
	}
	return t, nil
}

// inFunction says whether a definition stands inside a function, so that no code outside can name
// it. A field that a method sets belongs to its type, and counts as outside.
func inFunction(s *fact.Set, d fact.Definition) bool {
	for _, f := range s.Definitions {
		if f.Kind != fact.KindFunction && f.Kind != fact.KindMethod || f.Start > d.Start || d.End > f.End || f.Qualified == d.Qualified {
			continue
		}
		if d.Kind != fact.KindField {
			return true
		}
		for _, holder := range s.Definitions {
			if holder.Kind == fact.KindType && strings.HasPrefix(d.Qualified, holder.Qualified+".") && f.Start <= holder.Start && holder.End <= f.End {
				return true
			}
		}
	}
	return false
}
