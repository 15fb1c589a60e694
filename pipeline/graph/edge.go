package graph

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/fact"
)

// Version of the resolution. Raise it whenever any reference would be resolved
// differently: graphs are made anew then.
const Version = 3

// Strategy says how a reference was resolved, the surest first.
type Strategy uint8

// The strategies. They are stored: none changes its number.
const (
	ByScope    Strategy = iota + 1 // a definition around the reference
	ByFile                         // the same file defines it
	ByPackage                      // another file of the same package defines it
	ByImport                       // the file imports it
	ByType                         // a member of a type that the text tells
	ByUnique                       // the only definition of that name
	ByName                         // one of several definitions of that name
	External                       // another repository or the standard library defines it
	Unresolved                     // nothing says what it is
	ByIndex                        // an index says it, which an indexer made that knows the types
	ByModule                       // another repository declares the module that the file imports; no graph holds it
)

var strategies = [...]string{"", "scope", "file", "package", "import", "type", "unique", "name", "external", "unresolved", "index", "module"}

func (s Strategy) String() string { return strategies[min(int(s), len(strategies)-1)] }

// confidence is how often an edge of a strategy is right, as measured against
// compilers (docs/graph.md).
var confidence = [...]float64{0, 0.99, 0.98, 0.97, 0.97, 0.93, 0.6, 0.4, 0, 0, 1, 0.85}

// Confidence is how sure an edge with so many candidates is: the probability that
// each of them is meant. Several targets of an index are several definitions of what it
// names, and no candidates.
func (s Strategy) Confidence(candidates int) float64 {
	if candidates < 1 || int(s) >= len(confidence) {
		return 0
	}
	if s == ByIndex {
		return confidence[s]
	}
	return confidence[s] / float64(candidates)
}

// MaxCandidates is how many definitions an ambiguous edge keeps.
const MaxCandidates = 8

// maxLines is how many lines of equal references an edge keeps.
const maxLines = 200

// Target is a symbol of a track: a document and a qualified name in it. An empty
// name is the file itself.
type Target struct {
	Document  uuid.UUID
	Qualified string
}

// Edge is the references of one definition to one name that were resolved alike.
type Edge struct {
	From     string // qualified name of the definition around them; "": none
	Name     string
	Receiver string // as fact.Reference has it
	Role     fact.Role
	Strategy Strategy
	Module   string // of an import, as written
	Count    int
	Lines    []int    // the first of them, by line
	Targets  []Target // candidates, in order; none: it is external or unresolved
}

// Confidence is how sure each of the edge's targets is.
func (e Edge) Confidence() float64 { return e.Strategy.Confidence(len(e.Targets)) }

const edgeForm = 1

// EncodeEdges returns the stored form of a file's edges.
func EncodeEdges(edges []Edge) []byte {
	e := edgeWriter{known: make(map[string]int)}
	e.out = append(e.out, edgeForm)
	e.number(len(edges))
	for _, edge := range edges {
		e.out = append(e.out, byte(edge.Role), byte(edge.Strategy))
		for _, text := range []string{edge.From, edge.Name, edge.Receiver, edge.Module} {
			e.text(text)
		}
		e.number(edge.Count)
		e.number(len(edge.Lines))
		line := 0
		for _, l := range edge.Lines {
			e.number(l - line)
			line = l
		}
		e.number(len(edge.Targets))
		for _, t := range edge.Targets {
			e.text(string(t.Document[:]))
			e.text(t.Qualified)
		}
	}
	return e.out
}

type edgeWriter struct {
	out   []byte
	known map[string]int
}

func (e *edgeWriter) number(n int) { e.out = binary.AppendUvarint(e.out, uint64(n)) }

func (e *edgeWriter) text(s string) {
	if n, ok := e.known[s]; ok {
		e.number(n)
		return
	}
	e.known[s] = len(e.known) + 1
	e.number(0)
	e.number(len(s))
	e.out = append(e.out, s...)
}

var errEdges = errors.New("the edges make no sense")

// DecodeEdges reads what EncodeEdges has written.
func DecodeEdges(b []byte) ([]Edge, error) {
	if len(b) == 0 {
		return nil, nil // not resolved yet
	}
	if b[0] != edgeForm {
		return nil, fmt.Errorf("%w: form %d", errEdges, b[0])
	}
	d := edgeReader{rest: string(b[1:])}
	n := d.count(9)
	edges := make([]Edge, 0, n)
	for range n {
		e := Edge{Role: fact.Role(d.byte()), Strategy: Strategy(d.byte()), From: d.text(), Name: d.text(), Receiver: d.text(), Module: d.text(), Count: d.number()}
		line := 0
		for range d.count(1) {
			line += d.number()
			e.Lines = append(e.Lines, line)
		}
		for range d.count(2) {
			e.Targets = append(e.Targets, Target{d.document(), d.text()})
		}
		if d.bad {
			return nil, errEdges
		}
		edges = append(edges, e)
	}
	if len(d.rest) > 0 {
		return nil, errEdges
	}
	return edges, nil
}

// End is a target of an edge, as those see it who ask for all edges of a graph.
type End struct {
	From       string
	To         Target
	Confidence float64
}

// EachEnd calls each with every target of a file's edges in their stored form, in order. It
// reads what DecodeEdges reads, and keeps nothing of it: names are parts of one text.
func EachEnd(b []byte, each func(End)) error {
	if len(b) == 0 {
		return nil // not resolved yet
	}
	if b[0] != edgeForm {
		return fmt.Errorf("%w: form %d", errEdges, b[0])
	}
	d := edgeReader{rest: string(b[1:])}
	for range d.count(9) {
		d.byte()
		strategy, from := Strategy(d.byte()), d.text()
		for range 3 { // name, receiver, module
			d.text()
		}
		d.number()
		for range d.count(1) {
			d.number()
		}
		targets := d.count(2)
		confidence := strategy.Confidence(targets)
		for range targets {
			to := Target{d.document(), d.text()}
			if d.bad {
				return errEdges
			}
			each(End{from, to, confidence})
		}
	}
	if d.bad || len(d.rest) > 0 {
		return errEdges
	}
	return nil
}

// edgeReader reads a text, of which all names are parts: that costs one allocation a file.
type edgeReader struct {
	rest  string
	texts []string
	bad   bool
}

func (d *edgeReader) fail() { d.bad, d.rest = true, "" }

func (d *edgeReader) document() (id uuid.UUID) {
	if text := d.text(); len(text) != len(id) || copy(id[:], text) < len(id) {
		d.fail()
	}
	return id
}

func (d *edgeReader) byte() byte {
	if len(d.rest) == 0 {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *edgeReader) number() int {
	n, size := uint64(0), 0
	for shift := 0; ; shift += 7 {
		if size == len(d.rest) || size == binary.MaxVarintLen32 {
			d.fail()
			return 0
		}
		b := d.rest[size]
		size++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if n > 1<<30 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

func (d *edgeReader) count(least int) int {
	n := d.number()
	if n*least > len(d.rest) {
		d.fail()
		return 0
	}
	return n
}

func (d *edgeReader) text() string {
	n := d.number()
	if n > len(d.texts) {
		d.fail()
		return ""
	}
	if d.bad {
		return ""
	}
	if n > 0 {
		return d.texts[n-1]
	}
	if n = d.number(); n > len(d.rest) {
		d.fail()
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	d.texts = append(d.texts, s)
	return s
}

// TargetKey is the hash under which edges to a target are found.
func TargetKey(t Target) int64 { return key("target", t.Document.String(), t.Qualified) }

// nameKey is the hash of a name that the resolution looks up in a track.
func nameKey(track uuid.UUID, name string) int64 { return key("name", track.String(), name) }

func key(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // a hash never returns an error
		_, _ = h.Write([]byte{0})
	}
	return int64(h.Sum64())
}

// gather makes edges of references that were resolved one by one.
func gather(found []Edge) []Edge {
	compare := func(a, b Edge) int {
		return cmp.Or(
			strings.Compare(a.From, b.From), strings.Compare(a.Name, b.Name), strings.Compare(a.Receiver, b.Receiver), cmp.Compare(a.Role, b.Role),
			cmp.Compare(a.Strategy, b.Strategy), strings.Compare(a.Module, b.Module), slices.CompareFunc(a.Targets, b.Targets, compareTargets),
		)
	}
	slices.SortStableFunc(found, compare)
	var edges []Edge
	for _, f := range found {
		if n := len(edges); n > 0 && compare(edges[n-1], f) == 0 {
			last := &edges[n-1]
			last.Count++
			if line := f.Lines[0]; len(last.Lines) < maxLines && line > last.Lines[len(last.Lines)-1] {
				last.Lines = append(last.Lines, line)
			}
			continue
		}
		f.Count = 1
		edges = append(edges, f)
	}
	return edges
}

func compareTargets(a, b Target) int {
	return cmp.Or(slices.Compare(a.Document[:], b.Document[:]), strings.Compare(a.Qualified, b.Qualified))
}
