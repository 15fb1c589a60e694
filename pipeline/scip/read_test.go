package scip_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leatworks/leat/pipeline/scip"
)

// mill is an index that scip-go made.
func mill(t testing.TB) []byte {
	t.Helper()
	index, err := os.ReadFile("../graph/testdata/mill.scip")
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func read(t testing.TB, index []byte) (docs []scip.Document, report scip.Report, err error) {
	t.Helper()
	report, err = scip.Read(t.Context(), bytes.NewReader(index), func(d scip.Document) error {
		docs = append(docs, d)
		return nil
	})
	return docs, report, err
}

// An index of a real indexer is read, packed or not, and its stored form is the same again.
func TestAnIndexOfScipGo(t *testing.T) {
	docs, report, err := read(t, mill(t))
	if err != nil || report.Documents != 3 || report.LeftOut != 0 || report.Tool.Name != "scip-go" || report.Tool.Version == "" {
		t.Fatalf("%+v, %v", report, err)
	}
	var turned []string
	for _, d := range docs {
		again, err := scip.Decode(scip.Encode(d))
		again.Path = d.Path
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Errorf("%s comes back otherwise: %v", d.Path, err)
		}
		for _, o := range d.Occurrences {
			if name, space := scip.Name(o.Symbol); name == "Turn" && !space && o.Roles&scip.Definition == 0 {
				turned = append(turned, d.Path)
			}
		}
	}
	if got := strings.Join(turned, " "); got != "help.go main.go" {
		t.Errorf("Turn is named in %q", got)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(mill(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if unpacked, _, err := read(t, packed.Bytes()); err != nil || !reflect.DeepEqual(unpacked, docs) {
		t.Errorf("packed it is another: %v", err)
	}
}

func TestNames(t *testing.T) {
	for symbol, want := range map[string]string{
		"scip-go gomod example.org/mill v1 `example.org/mill/wheel`/":              "example.org/mill/wheel /",
		"scip-go gomod example.org/mill v1 `example.org/mill/wheel`/Wheel#":        "Wheel",
		"scip-go gomod example.org/mill v1 `example.org/mill/wheel`/Wheel#Turn().": "Turn",
		"scip-go gomod example.org/mill v1 `example.org/mill/wheel`/Wheel#n.":      "n",
		"scip-typescript npm hono 4.1.0 src/`context.ts`/Context#`<get>res`().":    "<get>res",
		"scip-java maven a b 1 a/B#c(+2).":                                         "c",
		"scip-java maven a b 1 a/B#c(+2).(of)":                                     "of",
		"scip-java maven a b 1 a/B#[T]":                                            "T",
		"scip-python python click 8 `src.click.core`/__init__:":                    "__init__ /",
		"a b c d `with``tick`.":                                                    "with`tick",
		"local 7":                                                                  "", "": "", "nothing": "", "`": "", "``.": "", ").": "", ".": "", ")": "", "().": "",
	} {
		name, space := scip.Name(symbol)
		if space {
			name += " /"
		}
		if name != want {
			t.Errorf("%q is named %q, want %q", symbol, name, want)
		}
	}
}

func TestPackages(t *testing.T) {
	for symbol, want := range map[string]string{
		"scip-go gomod example.org/mill v1 `example.org/mill`/": "scip-go gomod example.org/mill",
		"scip-python python click 8.1 a/b.":                     "scip-python python click",
		"a b with  space 1 c.":                                  "a b with  space",
		"local 7":                                               "", "": "", "a b c": "", "a b ": "", "  ": "",
	} {
		if got := scip.Package(symbol); got != want {
			t.Errorf("%q is of %q, want %q", symbol, got, want)
		}
	}
}

// message builds a protobuf message.
type message []byte

func (m message) bytes(number protowire.Number, content []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, number, protowire.BytesType), content)
}

func (m message) number(number protowire.Number, n uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, number, protowire.VarintType), n)
}

func packedRange(numbers ...uint64) (out []byte) {
	for _, n := range numbers {
		out = protowire.AppendVarint(out, n)
	}
	return out
}

func document(path string, occurrences ...message) message {
	d := message(nil).bytes(1, []byte(path))
	for _, o := range occurrences {
		d = d.bytes(2, o)
	}
	return d
}

func occurrence(symbol string, place ...uint64) message {
	return message(nil).bytes(1, packedRange(place...)).bytes(2, []byte(symbol))
}

// Documents and occurrences that have no place in a repository are left out and counted.
func TestWhatIsLeftOut(t *testing.T) {
	for name, test := range map[string]struct {
		document               message
		documents, occurrences int
	}{
		"a place on one line":         {document("a.go", occurrence("s", 1, 2, 5)), 1, 1},
		"the same with two lines":     {document("a.go", occurrence("s", 1, 2, 1, 5)), 1, 1},
		"a typed place":               {document("a.go", message(nil).bytes(2, []byte("s")).bytes(8, message(nil).number(1, 1).number(2, 2).number(3, 5))), 1, 1},
		"a typed place on two lines":  {document("a.go", message(nil).bytes(2, []byte("s")).bytes(9, message(nil).number(1, 1).number(3, 2))), 1, 0},
		"a place that is not packed":  {document("a.go", message(nil).number(1, 1).number(1, 2).number(1, 5).bytes(2, []byte("s"))), 1, 1},
		"several lines":               {document("a.go", occurrence("s", 1, 2, 2, 5)), 1, 0},
		"a place that goes back":      {document("a.go", occurrence("s", 1, 5, 2)), 1, 0},
		"a place of two numbers":      {document("a.go", occurrence("s", 1, 5)), 1, 0},
		"a place below zero":          {document("a.go", occurrence("s", 1<<64-1, 5, 6)), 1, 0},
		"no symbol":                   {document("a.go", occurrence("", 1, 2, 5)), 1, 0},
		"a long symbol":               {document("a.go", occurrence(strings.Repeat("s", scip.MaxSymbol+1), 1, 2, 5)), 1, 0},
		"a symbol that is no text":    {document("a.go", occurrence("\xff", 1, 2, 5)), 1, 0},
		"no path":                     {document(""), 0, 0},
		"a path from the file system": {document("/etc/passwd"), 0, 0},
		"a path that leaves the root": {document("../a.go"), 0, 0},
		"a path that goes up inside":  {document("a/../../b.go"), 0, 0},
		"a path with a zero byte":     {document("a\x00.go"), 0, 0},
		"a path that is no text":      {document("\xff.go"), 0, 0},
		"a long path":                 {document(strings.Repeat("a", scip.MaxPath+1)), 0, 0},
	} {
		docs, report, err := read(t, message(nil).bytes(2, test.document))
		found := 0
		for _, d := range docs {
			found += len(d.Occurrences)
		}
		if err != nil || len(docs) != test.documents || found != test.occurrences || (report.LeftOut > 0) == (test.documents == 1 && test.occurrences == 1) {
			t.Errorf("%s: %d documents, %d occurrences, %+v, %v", name, len(docs), found, report, err)
		}
	}
	twice := message(nil).bytes(2, document("a.go")).bytes(2, document("a.go"))
	if docs, report, err := read(t, twice); err != nil || len(docs) != 1 || report.LeftOut != 1 {
		t.Errorf("a path twice: %d documents, %+v, %v", len(docs), report, err)
	}
}

// Relations of symbols that a graph may hold are kept in their order. Others are left out, and counted unless they say
// nothing.
func TestRelations(t *testing.T) {
	relation := func(to string, kinds ...protowire.Number) message {
		m := message(nil).bytes(1, []byte(to))
		for _, kind := range kinds {
			m = m.number(kind, 1)
		}
		return m
	}
	symbol := func(name string, relations ...message) message {
		m := message(nil).bytes(1, []byte(name)).bytes(3, []byte("Documentation."))
		for _, one := range relations {
			m = m.bytes(4, one)
		}
		return m
	}
	nameLast := message(nil).bytes(4, relation("to", 3)).bytes(1, []byte("s"))
	many := make([]message, scip.MaxRelations+7)
	for i := range many {
		many[i] = relation("to", 3)
	}
	for name, test := range map[string]struct {
		symbols []message
		want    []scip.Relation
		leftOut int
	}{
		"all kinds":                 {[]message{symbol("s", relation("to", 2, 3, 4))}, []scip.Relation{{Symbol: "s", To: "to", Kinds: scip.Reference | scip.Implementation | scip.TypeDefinition}}, 0},
		"two symbols":               {[]message{symbol("s", relation("b", 3), relation("a", 4)), symbol("r", relation("b", 2))}, []scip.Relation{{"s", "b", scip.Implementation}, {"s", "a", scip.TypeDefinition}, {"r", "b", scip.Reference}}, 0},
		"a name that comes last":    {[]message{nameLast}, []scip.Relation{{"s", "to", scip.Implementation}}, 0},
		"no kind that leat heeds":   {[]message{symbol("s", relation("to"), relation("to", 5), relation("to", 9))}, nil, 0},
		"a kind that is taken back": {[]message{symbol("s", relation("to", 3).number(3, 0))}, nil, 0},
		"a local symbol":            {[]message{symbol("local 1", relation("to", 3))}, nil, 0},
		"no symbol":                 {[]message{symbol("", relation("to", 3))}, nil, 1},
		"nothing that it leads to":  {[]message{symbol("s", relation("", 3))}, nil, 1},
		"a long symbol":             {[]message{symbol("s", relation(strings.Repeat("t", scip.MaxSymbol+1), 3)), symbol(strings.Repeat("t", scip.MaxSymbol+1), relation("to", 3))}, nil, 2},
		"a symbol that is no text":  {[]message{symbol("s", relation("\xff", 3), relation("a\x00", 3))}, nil, 2},
	} {
		d := document("a.go")
		for _, one := range test.symbols {
			d = d.bytes(3, one)
		}
		docs, report, err := read(t, message(nil).bytes(2, d))
		if err != nil || len(docs) != 1 || !reflect.DeepEqual(docs[0].Relations, test.want) && len(docs[0].Relations)+len(test.want) > 0 || report.LeftOut != test.leftOut {
			t.Errorf("%s: %+v, %+v, %v", name, docs, report, err)
			continue
		}
		again, err := scip.Decode(scip.Encode(docs[0]))
		if err != nil || len(again.Relations) != len(test.want) || len(test.want) > 0 && !reflect.DeepEqual(again.Relations, test.want) {
			t.Errorf("%s: comes back as %+v, %v", name, again, err)
		}
	}
	docs, report, err := read(t, message(nil).bytes(2, document("a.go").bytes(3, symbol("s", many...))))
	if err != nil || len(docs) != 1 || len(docs[0].Relations) != scip.MaxRelations || report.LeftOut != 7 {
		t.Errorf("too many: %+v, %v", report, err)
	}
}

// Bytes that are no index are refused, whatever sizes they announce.
func TestWhatIsNoIndex(t *testing.T) {
	whole := mill(t)
	packed := func(content []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(content) // a buffer takes everything
		_ = w.Close()
		return b.Bytes()
	}
	broken := packed(whole)
	broken[len(broken)/2] ^= 0xff
	for name, index := range map[string][]byte{
		"text":                           []byte("package main\n"),
		"an end in a field":              whole[:len(whole)-1],
		"an end in a length":             {0x12},
		"a length that is not there":     {0x12, 0xff, 0xff, 0x7f},
		"a length beyond all":            append([]byte{0x12}, protowire.AppendVarint(nil, 1<<62)...),
		"a number of more than 64 bits":  bytes.Repeat([]byte{0xff}, 20),
		"the field 0":                    {0x02, 0x00},
		"a group":                        {0x13, 0x14},
		"an occurrence that is cut":      message(nil).bytes(2, message(nil).bytes(2, []byte{0x0a, 0x05})),
		"a range that is cut":            message(nil).bytes(2, document("a.go", message(nil).bytes(1, []byte{0xff}))),
		"a relation that is cut":         message(nil).bytes(2, document("a.go").bytes(3, message(nil).bytes(4, []byte{0x0a, 0x05}))),
		"a broken compression":           broken,
		"an end in the compression":      packed(whole)[:40],
		"another index in a compression": packed([]byte("text that is no index")),
	} {
		if _, report, err := read(t, index); !errors.Is(err, scip.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// Any bytes are read or refused, and everything that was read has a stored form.
func FuzzRead(f *testing.F) {
	f.Add(mill(f))
	f.Add([]byte(message(nil).bytes(2, document("a.go", occurrence("s", 1, 2, 5)))))
	f.Add([]byte(message(nil).bytes(2, document("a.go").bytes(3, message(nil).bytes(1, []byte("s")).bytes(4, message(nil).bytes(1, []byte("t")).number(3, 1))))))
	f.Fuzz(func(t *testing.T, index []byte) {
		docs, _, err := read(t, index)
		if err != nil && !errors.Is(err, scip.ErrInvalid) {
			t.Fatalf("another error: %v", err)
		}
		for _, d := range docs {
			again, err := scip.Decode(scip.Encode(d))
			if err != nil || len(again.Occurrences) != len(d.Occurrences) || !slices.Equal(again.Relations, d.Relations) || !scip.CleanPath(d.Path) {
				t.Fatalf("%q: %v", d.Path, err)
			}
			for _, o := range d.Occurrences {
				scip.Name(o.Symbol)
				scip.Package(o.Symbol)
			}
		}
	})
}
