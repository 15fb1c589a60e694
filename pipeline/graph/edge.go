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

// Version is the version of the resolution. Raise it whenever any reference would be resolved differently. All graphs
// are then made anew.
const Version = 6

// Strategy says how a reference was resolved.
type Strategy uint8

// The strategies. Their numbers are stored and must not change.
const (
	ByScope    Strategy = iota + 1 // a definition around the reference
	ByFile                         // the same file defines it
	ByPackage                      // another file of the same package defines it
	ByImport                       // the file imports it
	ByType                         // a member of a type that can be read from the text
	ByUnique                       // the only definition of that name
	ByName                         // one of several definitions of that name
	External                       // another repository or the standard library defines it
	Unresolved                     // nothing says what it is
	ByIndex                        // an uploaded index says so, made by an indexer that knows the types
	ByModule                       // another repository declares the module that the file imports; no graph holds it
)

var strategies = [...]string{"", "scope", "file", "package", "import", "type", "unique", "name", "external", "unresolved", "index", "module"}

func (s Strategy) String() string { return strategies[min(int(s), len(strategies)-1)] }

// confidence is the share of a strategy's edges that are right, as measured against compilers (docs/graph.md).
var confidence = [...]float64{0, 0.99, 0.98, 0.97, 0.97, 0.93, 0.6, 0.25, 0, 0, 1, 0.85}

// Confidence returns the probability that each of an edge's candidates is meant. Several targets from an index are no
// candidates: each is a definition of the symbol that the index names.
func (s Strategy) Confidence(candidates int) float64 {
	if candidates < 1 || int(s) >= len(confidence) {
		return 0
	}
	if s == ByIndex {
		return confidence[s]
	}
	return confidence[s] / float64(candidates)
}

// MaxCandidates bounds the definitions that an ambiguous edge keeps.
const MaxCandidates = 8

// maxLines bounds the lines of equal references that an edge keeps.
const maxLines = 200

// Target is a symbol of a track: a document and a qualified name in it. An empty name stands for the file itself.
type Target struct {
	Document  uuid.UUID
	Qualified string
}

// Edge joins the references from one definition to one name that were resolved alike.
type Edge struct {
	From     string // qualified name of the enclosing definition; "" if there is none
	Name     string
	Receiver string // see fact.Reference
	Role     fact.Role
	Strategy Strategy
	Module   string // for an import: the module as written
	Count    int
	Lines    []int    // the first lines, in order
	Targets  []Target // candidates, in order; none if the edge is external or unresolved
}

// Confidence returns how sure each target of the edge is.
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

// DecodeEdges reads the form that EncodeEdges writes.
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

// End is a target of an edge with the little that a reader of a whole graph needs.
type End struct {
	From       string
	To         Target
	Confidence float64
}

// EachEnd calls each with every target of a file's edges, in order. b is the form that DecodeEdges reads. EachEnd
// copies nothing: the names are parts of one string.
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

// edgeReader reads from one string, of which all names are parts, so that a file costs one allocation.
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

// TargetKey returns the hash under which edges to a target are found.
func TargetKey(t Target) int64 { return key("target", t.Document.String(), t.Qualified) }

// nameKey returns the hash of a name that the resolution looks up in a track.
func nameKey(track uuid.UUID, name string) int64 { return key("name", track.String(), name) }

func key(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // a hash never returns an error
		_, _ = h.Write([]byte{0})
	}
	return int64(h.Sum64())
}

// gather joins references that were resolved one by one into edges.
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
