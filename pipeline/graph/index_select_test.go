package graph

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
)

// listed is a track of listed symbols.
type listed []symbol

func (l listed) Named(_ context.Context, _ uuid.UUID, names []string, mostOfEach int) (list []symbol, err error) {
	for _, name := range names {
		n := 0
		for _, s := range l {
			if s.Name == name && n < mostOfEach {
				list, n = append(list, s), n+1
			}
		}
	}
	return list, nil
}

func resolverOf(names Names) *resolver {
	x := newIndex(context.Background(), names, uuid.UUID{})
	x.keys = make(map[string]bool)
	return &resolver{layout: &Layout{}, index: x}
}

// invent returns a track in which many definitions of a name share parts of their qualified names, paths and packages.
func invent(seed uint64) (all listed) {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for range 40 {
		file := pick("", "a/", "a/b/", "ab/", "a/src/", "crate/src/") + pick("w", "w.c", "w.cpp", "wheel.rs")
		if slices.ContainsFunc(all, func(s symbol) bool { return s.Path == file }) {
			continue
		}
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(file))
		language := pick("C", "C++", "Rust", "Go", "Java", "Kotlin", "C#", "Ruby", "Python")
		for i := range 60 {
			name := pick("next", "next", "list", "blacklist", "Wheel")
			qualified := strings.TrimPrefix(pick("", "", ".kernel", ".Wheel", ".a.b")+pick("", ".list", ".blacklist", ".Wheel", ".list")+"."+name, ".")
			if r.IntN(20) == 0 {
				qualified = "odd" + qualified
			}
			all = append(all, symbol{
				Document: id, Path: file, Language: language, Package: pick("", "p", "q"), Ordinal: i, Name: name, Qualified: qualified,
				Kind: r.IntN(int(fact.KindModule) + 1), Visibility: 1 + r.IntN(3),
			})
		}
	}
	slices.SortStableFunc(all, func(a, b symbol) int { return cmp.Or(strings.Compare(a.Path, b.Path), a.Ordinal-b.Ordinal) })
	return all
}

// membersByHand is what membersOf returns: it compares with all definitions of the name.
func membersByHand(named []*definition, s *definition, name string) (list []*definition) {
	qualified, end := s.Qualified+"."+name, s.Name+"."+name
	for _, m := range named {
		if m.Kind == 0 || m.Language != s.Language && family(m.Language) != family(s.Language) || constructs(m) {
			continue
		}
		ends := strings.HasSuffix("."+m.Qualified, "."+end)
		same := m.Document == s.Document
		switch family(s.Language) {
		case "Go":
			same = path.Dir(m.Path) == path.Dir(s.Path) && m.Package == s.Package
		case "C++":
			same = same || ends || strings.HasSuffix("."+qualified, "."+m.Qualified)
		case "Rust":
			own, _ := rustCrate(s.Path)
			crate, _ := rustCrate(m.Path)
			same = own == crate
		case "C#", "Java":
			same = same || m.Package == s.Package
		case "Ruby":
			same = true
		}
		if same && (m.Qualified == qualified || ends && ending[family(s.Language)]) {
			list = append(list, m)
		}
	}
	return list
}

// What is found by sorted names is what a look at each definition finds, in the same order.
func TestSortedDefinitions(t *testing.T) {
	members, found := 0, 0
	for seed := range uint64(20) {
		all := invent(seed)
		r := resolverOf(all)
		named := r.named("next")
		for _, of := range slices.Concat(named, r.named("list"), r.named("blacklist"), r.named("Wheel")) {
			for _, name := range []string{"next", "Wheel", "list"} {
				got, want := r.membersOf(of, name), membersByHand(r.named(name), of, name)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: %d members %s of %+v, want %d", seed, len(got), name, of, len(want))
				}
				members += len(want)
			}
		}
		for _, at := range []string{"", "a", "a/b", "ab", "a/src", "no"} {
			for _, file := range []string{"w", "w.c", "w.cpp"} {
				var want []*definition
				for _, s := range named {
					if s.Path == path.Join(at, file) {
						want = append(want, s)
					}
				}
				got := slices.DeleteFunc(slices.Clone(under(named, path.Join(at, file))), func(s *definition) bool { return s.Path != path.Join(at, file) })
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: %d symbols in %s/%s, want %d", seed, len(got), at, file, len(want))
				}
				found += len(want)
			}
			for _, s := range named {
				if strings.HasPrefix("/"+s.Path, path.Join("/", at, "x")[:len(path.Join("/", at, "x"))-1]) != slices.Contains(inDir(named, at), s) {
					t.Fatalf("seed %d: %s in %q", seed, s.Path, at)
				}
			}
		}
	}
	if members < 10_000 || found < 1_000 {
		t.Errorf("only %d members and %d symbols were compared", members, found)
	}
}

// A member of one of many types is looked for among those of types of its name alone, whatever the language.
func TestAMemberOfOneOfManyTypes(t *testing.T) {
	for _, language := range []string{"C", "C++", "Rust", "Go", "Java"} {
		r := resolverOf(chains(language, maxNamed))
		for _, i := range []int{0, 7, maxNamed - 1} {
			of := fmt.Sprintf("list%d.next", i)
			if got := r.qualified("next", family(language), of); len(got) != 1 || got[0].Qualified != of {
				t.Errorf("%s: %d definitions may be %s", language, len(got), of)
			}
		}
	}
}

// chains returns a track with a member "next" of each of n types.
func chains(language string, n int) (all listed) {
	for i := range n {
		file, name := fmt.Sprintf("lib/list%05d.c", i), fmt.Sprintf("list%d", i)
		s := symbol{Document: uuid.NewSHA1(uuid.NameSpaceURL, []byte(file)), Path: file, Language: language, Name: name, Qualified: name, Kind: int(fact.KindType)}
		all = append(all, s)
		s.Name, s.Qualified, s.Kind, s.Ordinal = "next", name+".next", int(fact.KindField), 1
		all = append(all, s)
	}
	return all
}

// Where a name may come from several includes, the first that defines it counts. The files after it are not looked up.
func TestTheFirstInclude(t *testing.T) {
	track := listed{}
	add := func(file string, rows ...symbol) {
		for i, s := range rows {
			s.Document, s.Path, s.Language, s.Ordinal = uuid.NewSHA1(uuid.NameSpaceURL, []byte(file)), file, "C", i
			track = append(track, s)
		}
	}
	define := func(name string) symbol { return symbol{Name: name, Qualified: name, Kind: int(fact.KindFunction)} }
	add("a/one.h", symbol{Name: moduleName("one.h")}, define("grind"))
	add("b/one.h", symbol{Name: moduleName("one.h")}, define("grind"), define("turn"), define("turn"))
	add("three.h", symbol{Name: moduleName("three.h")}, define("turn"), define("halt"))
	add("two.h", symbol{Name: moduleName("two.h")}, define("turn"), define("halt"))
	add("w.c", symbol{Name: starName("w.c"), Qualified: "one.h"}, symbol{Name: starName("w.c"), Qualified: "two.h"}, symbol{Name: starName("w.c"), Qualified: "three.h"})
	r := resolverOf(track)
	in := place{document: uuid.NewSHA1(uuid.NameSpaceURL, []byte("w.c")), path: "w.c", language: "C"}
	for _, own := range []bool{false, true} {
		r.enter(place{})
		in.own, in.stars = own, []string{"one.h", "two.h", "three.h"}
		for _, c := range [][3]string{{"grind", "a/one.h", "two.h"}, {"turn", "b/one.h", "two.h"}, {"halt", "two.h", "three.h"}, {"gone", "", ""}} {
			r.keys = make(map[string]bool)
			v := r.starred(c[0], in)
			if c[1] == "" && len(v.symbols) != 0 || c[1] != "" && (len(v.symbols) != 1 || v.symbols[0].Path != c[1] || v.by != ByImport) {
				t.Errorf("%s is %+v, want that of %s", c[0], v, c[1])
			}
			if r.keys[moduleName(c[2])] {
				t.Errorf("%s was looked up for %s", c[2], c[0])
			}
		}
	}
}

// A class whose bases are nowhere in the track is asked for each of them once a step, not once a way that leads there.
func TestBasesThatAreNowhere(t *testing.T) {
	if !chunk.Trees {
		t.Skip("without cgo there are no grammars")
	}
	var bases []string
	for i := range 40 {
		bases = append(bases, fmt.Sprintf("public Gone%d", i))
	}
	got := found(t, "mill.cpp", map[string][2]string{
		"mill.cpp": {"C++", "class Mill : " + strings.Join(bases, ", ") + " {\n  void turn() { grind(); halt(); }\n  void halt();\n};\n"},
	})
	if want := map[string]string{"grind": "unresolved", "halt": "type mill.cpp#Mill.halt"}; got["grind"] != want["grind"] || !strings.HasSuffix(got["halt"], "mill.cpp#Mill.halt") {
		t.Errorf("%v, want %v", got, want)
	}
}

// BenchmarkMember resolves a use of a member that many types of the track have.
func BenchmarkMember(b *testing.B) {
	for _, definitions := range []int{250, 1_000, maxNamed} {
		b.Run(fmt.Sprint(definitions), func(b *testing.B) {
			all := chains("C", definitions)
			r := resolverOf(all)
			set := &fact.Set{}
			p := place{document: uuid.UUID{1}, path: "main.c", language: "C"}
			var refs []fact.Reference
			for i := range definitions {
				refs = append(refs, fact.Reference{Name: "next", Receiver: fmt.Sprintf("list%d", i), Role: fact.RoleUse, Within: -1})
			}
			b.ReportAllocs()
			for b.Loop() {
				r.begin(p, set)
				for _, ref := range refs {
					if by, targets := r.reference(ref, ""); by != ByType && by != ByUnique || len(targets) != 1 {
						b.Fatal(by, targets)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(refs)), "ns/use")
		})
	}
}
