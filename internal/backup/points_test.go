package backup_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// withPoints makes a backup that holds the points too.
func withPoints(t *testing.T, v *backup.Vault, l backup.Leat) backup.Created {
	t.Helper()
	made, err := v.Create(t.Context(), l, backup.Request{Target: "test", Points: true})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// lose drops the index of the leat that was copied, because a Qdrant of LEAT_QDRANT_URL serves both
// leats.
func lose(t *testing.T, p *testpipe.Pipe, made backup.Created) {
	t.Helper()
	if err := p.Points.DropCollection(t.Context(), made.Points.Collection); err != nil {
		t.Fatal(err)
	}
}

// The index of a leat that is restored with its points is the same at once. The comparison finds
// nothing to do.
func TestPointsComeBack(t *testing.T) {
	identity, recipient := identity(t)
	for name, crypts := range map[string][2]backup.Crypt{"plain": {}, "encrypted": {crypt(t, recipient, ""), crypt(t, "", identity)}} {
		t.Run(name, func(t *testing.T) {
			from, _ := world(t)
			v, target := vault(t, crypts[0])
			made := withPoints(t, v, leatOf(from))
			if made.Points == nil || made.Points.Rows != made.Digest.Points || made.Points.Rows == 0 {
				t.Fatalf("%+v points in the backup, %+v in the index", made.Points, made.Digest)
			}
			v = backup.NewVault(target, crypts[1], silent)
			if report, found := verify(t, v, ""); !report.OK || report.Points != made.Points.Rows {
				t.Errorf("%+v: %v", report, found)
			}
			lose(t, from, made)
			to, texts := empty(t)
			into := emptyOf(to)
			into.Points = to.Points
			if dry, err := v.Restore(t.Context(), into, backup.RestoreRequest{DryRun: true}); err != nil || dry.Points != made.Points.Rows {
				t.Errorf("%+v, %v", dry, err)
			}
			if done, err := v.Restore(t.Context(), into, backup.RestoreRequest{}); err != nil || done.Points != made.Points.Rows {
				t.Fatalf("%+v, %v", done, err)
			}
			join := testpipe.Join(t, testpipe.Config{Embedder: counted{embedder.Local{}, texts}}, to.Addresses)
			if got := join.Digest(t); got != *made.Digest {
				t.Errorf("the restored index has %+v, want %+v", got, *made.Digest)
			}
			if report, found := join.Verify(t); !report.OK || texts.Load() != 0 {
				t.Errorf("%+v: %v; %d texts were embedded", report, found, texts.Load())
			}
		})
	}
}

// The comparison mends points that are older or newer than the catalog.
func TestPointsOfAnotherMomentAreMended(t *testing.T) {
	from, r := world(t)
	want := from.Digest(t)
	v, _ := vault(t, backup.Crypt{})
	l := leatOf(from)
	l.Points = &meanwhile{from.Points, func() {
		r.Commit(t, testpipe.Text("a.go", "package a\n\nfunc Other() {}\n", "b.md", "# B\n\ntext\n", "e.txt", "new\n"))
		from.Submit(t, r)
		from.Settle(t)
	}}
	withPoints(t, v, l)
	to, texts := empty(t)
	into := emptyOf(to)
	into.Points = to.Points
	if _, err := v.Restore(t.Context(), into, backup.RestoreRequest{}); err != nil {
		t.Fatal(err)
	}
	join := testpipe.Join(t, testpipe.Config{Embedder: counted{embedder.Local{}, texts}}, to.Addresses)
	if join.Digest(t) == want {
		t.Error("the points are those of the catalog's moment: nothing is tested")
	}
	join = rebuild(t, to, texts)
	if got := join.Digest(t); got != want || texts.Load() != 0 {
		t.Errorf("the restored leat has %+v, want %+v; %d texts were embedded", got, want, texts.Load())
	}
}

// meanwhile is a vector store that calls a function before all points are read.
type meanwhile struct {
	vector.Store
	do func()
}

func (m *meanwhile) ScrollAll(ctx context.Context, collection string, vectors bool) iter.Seq2[vector.Point, error] {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Store.ScrollAll(ctx, collection, vectors)
}

// away is a vector store whose answers break off.
type away struct{ vector.Store }

func (a away) ScrollAll(ctx context.Context, collection string, vectors bool) iter.Seq2[vector.Point, error] {
	return func(yield func(vector.Point, error) bool) {
		for p, err := range a.Store.ScrollAll(ctx, collection, vectors) {
			if err != nil || !yield(p, nil) {
				return
			}
			yield(vector.Point{}, errors.New("the index is away"))
			return
		}
	}
}

// A backup is made even if the index cannot be read.
func TestAnIndexThatIsAway(t *testing.T) {
	from, _ := world(t)
	v, _ := vault(t, backup.Crypt{})
	l := leatOf(from)
	l.Points = away{from.Points}
	made := withPoints(t, v, l)
	if made.Points != nil {
		t.Errorf("%+v", made.Points)
	}
	if report, found := verify(t, v, ""); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
}

// A catalog that does not answer is not taken for a leat without an index.
func TestAnIndexThatCannotBeLookedUp(t *testing.T) {
	from, _ := world(t)
	other, err := catalog.Open(t.Context(), catalog.Config{URL: from.Addresses.Postgres})
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	broken := *from.Catalog
	broken.Generations = other.Generations
	for name, points := range map[string]vector.Store{"with points": from.Points, "without": nil} {
		v, _ := vault(t, backup.Crypt{})
		l := leatOf(from)
		l.Catalog, l.Points = &broken, points
		_, err := v.Create(t.Context(), l, backup.Request{Target: "test", Points: true})
		if (err != nil) != (points != nil) {
			t.Errorf("%s: %v", name, err)
		}
		list, err := v.List(t.Context())
		if err != nil || len(list) != 1 || list[0].Partial != (points != nil) {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}

// A collection with points is left alone, because it may belong to a living leat.
func TestPointsAreNotWrittenOverOthers(t *testing.T) {
	from, _ := world(t)
	v, _ := vault(t, backup.Crypt{})
	made := withPoints(t, v, leatOf(from))
	var one vector.Point
	for p, err := range from.Points.ScrollAll(t.Context(), made.Points.Collection, true) {
		if err != nil {
			t.Fatal(err)
		}
		one = p
		break
	}
	one.Payload.Revision += 7
	lose(t, from, made)
	to, texts := empty(t)
	if err := to.Points.CreateCollection(t.Context(), made.Points.Collection, made.Points.Dimensions, string(made.Points.Distance)); err != nil {
		t.Fatal(err)
	}
	if err := to.Points.Upsert(t.Context(), made.Points.Collection, []vector.Point{one}); err != nil {
		t.Fatal(err)
	}
	into := emptyOf(to)
	into.Points = to.Points
	done, err := v.Restore(t.Context(), into, backup.RestoreRequest{})
	if err != nil || done.Points != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if n, err := to.Points.CountAll(t.Context(), made.Points.Collection); err != nil || n != 1 {
		t.Errorf("%d points, %v", n, err)
	}
	if got := rebuild(t, to, texts).Digest(t); got != *made.Digest {
		t.Errorf("the restored leat has %+v, want %+v", got, *made.Digest)
	}
}

// Points that are damaged or missing in the target are found.
func TestDamagedPointsAreFound(t *testing.T) {
	from, _ := world(t)
	v, target := vault(t, backup.Crypt{})
	made := withPoints(t, v, leatOf(from))
	name := made.Points.Parts.Parts[0].Name
	if err := target.Put(t.Context(), name, []byte("other")); err != nil {
		t.Fatal(err)
	}
	if report, found := verify(t, v, ""); report.OK || report.Corrupt != 1 || !strings.Contains(strings.Join(found, " "), "index_points") {
		t.Errorf("%+v: %v", report, found)
	}
	if err := target.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if report, found := verify(t, v, ""); report.OK || report.Missing != 1 {
		t.Errorf("%+v: %v", report, found)
	}
}
