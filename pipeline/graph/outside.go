package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/fact"
)

// Outside resolves references from files of other tracks into a track. It goes by the modules that the track declares.
type Outside struct {
	r      *resolver
	layout Layout
}

// nowhere is the directory of a file of another track. No file of the track is in it.
const nowhere = "\x00/"

// NewOutside returns a resolution into a track. layout is the track's layout in its stored form.
func NewOutside(ctx context.Context, names Names, track uuid.UUID, layout []byte) (*Outside, error) {
	o := &Outside{}
	if err := json.Unmarshal(layout, &o.layout); err != nil {
		return nil, fmt.Errorf("decode layout of track %s: %w", track, err)
	}
	o.r = &resolver{layout: &o.layout, index: newIndex(ctx, names, track)}
	o.r.crates = make(map[string]string)
	for _, d := range o.layout.Declared {
		if d.Family == "Rust" {
			o.r.crates[d.Name] = d.Dir
		}
	}
	return o, nil
}

// Asker is a file of another track, with its imports by name.
type Asker struct {
	Document uuid.UUID
	Language string
	Imports  []fact.Import
}

// ImportsOf returns the imports by name that are among the rows of a file's symbols.
func ImportsOf(file string, rows []symbol) (imports []fact.Import) {
	prefix := importName(file, "")
	for _, s := range rows {
		local, ok := strings.CutPrefix(s.Name, prefix)
		if s.Kind == 0 && ok && local != "*" && local != "" {
			imports = append(imports, fact.Import{Module: s.Qualified, Name: s.Signature, Local: local, Line: s.Line})
		}
	}
	return imports
}

// Reached says where an edge of another track leads.
type Reached struct {
	Declared string // the name under which the track declares the module
	Targets  []Target
}

// Begin prepares for the edges of a file of another track.
func (o *Outside) Begin(a Asker) {
	p := place{document: a.Document, path: nowhere + "file", language: a.Language, package_: nowhere, own: true, imports: make(map[string][]fact.Import)}
	for _, i := range a.Imports {
		if o.layout.declares(family(a.Language), i.Module) == "" {
			continue
		}
		p.imports[i.Local] = append(p.imports[i.Local], i)
		if first, _, dotted := strings.Cut(i.Local, "."); dotted && a.Language == "Python" { // "import a.b" binds a
			p.imports[first] = append(p.imports[first], fact.Import{Module: first, Local: first, Line: i.Line})
		}
	}
	o.r.enter(p)
	o.r.keys = make(map[string]bool)
}

// Resolve says where an external edge of the file leads in the track. The track must declare the module through which
// the text names the target. Resolve never goes by the name alone.
func (o *Outside) Resolve(e Edge) (f Reached, err error) {
	if e.Strategy != External {
		return f, nil
	}
	if e.Role == fact.RoleImport {
		return o.resolveImport(e)
	}
	expression := e.Receiver
	if expression == "" {
		expression = e.Name
	}
	for strings.HasPrefix(expression, "[]") {
		expression = expression[2:]
	}
	if expression == "" || strings.ContainsRune("@^?", rune(expression[0])) || strings.HasPrefix(expression, "func:") {
		return f, nil
	}
	root, steps := splitRoot(expression)
	used, ok := o.importOf(root, steps)
	if !ok {
		return f, nil
	}
	strategy, targets := o.r.reference(fact.Reference{Name: e.Name, Receiver: e.Receiver, Role: e.Role}, "")
	if o.r.err != nil {
		return f, o.r.err
	}
	if len(targets) == 0 || strategy > ByType {
		return f, nil
	}
	return Reached{o.layout.declares(family(o.r.file.language), used.Module), targets}, nil
}

// importOf returns the import through which an expression names something.
func (o *Outside) importOf(root, steps string) (fact.Import, bool) {
	for {
		if list := o.r.file.imports[root]; len(list) > 0 && (steps == "" || o.r.file.language != "Python" || !o.longer(root, steps)) {
			return list[0], true
		}
		if o.r.file.language != "Python" || !strings.HasPrefix(steps, ".") {
			return fact.Import{}, false
		}
		var s string
		s, steps = splitStep(steps)
		root += s
	}
}

// longer reports whether the name of an import begins with a root and its next step.
func (o *Outside) longer(root, steps string) bool {
	s, _ := splitStep(steps)
	for local := range o.r.file.imports {
		if strings.HasPrefix(local+".", root+s+".") {
			return true
		}
	}
	return false
}

func (o *Outside) resolveImport(e Edge) (f Reached, err error) {
	declared := o.layout.declares(family(o.r.file.language), e.Module)
	if declared == "" {
		return f, nil
	}
	i := fact.Import{Module: e.Module, Name: e.Name, Line: 1}
	if e.Name == e.Module {
		i.Name = ""
	}
	found := o.r.importEdge(i)
	if o.r.err != nil {
		return f, o.r.err
	}
	if found.Strategy > ByType {
		return f, nil
	}
	return Reached{declared, slices.Clone(found.Targets)}, nil
}
