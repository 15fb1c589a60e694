package point_test

import (
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/vector"
)

// changes each change one thing of a point that the digest covers.
var changes = map[string]func(*vector.Point){
	"tenant":     func(p *vector.Point) { p.Payload.Tenant = "other" },
	"ref":        func(p *vector.Point) { p.Payload.Ref = "refs/heads/other" },
	"path":       func(p *vector.Point) { p.Payload.Path = "other" },
	"language":   func(p *vector.Point) { p.Payload.Language = "Other" },
	"kind":       func(p *vector.Point) { p.Payload.Kind = "other" },
	"symbol":     func(p *vector.Point) { p.Payload.Symbol = "other" },
	"start line": func(p *vector.Point) { p.Payload.StartLine++ },
	"end byte":   func(p *vector.Point) { p.Payload.EndByte++ },
	"dense vector": func(p *vector.Point) {
		p.Dense = slices.Clone(p.Dense)
		slices.Reverse(p.Dense)
	},
	"term weight": func(p *vector.Point) {
		p.Sparse.Values = slices.Clone(p.Sparse.Values)
		p.Sparse.Values[0]++
	},
}

func TestTheDigestIsOfWhatIsIndexedAndNotOfHowItCameThere(t *testing.T) {
	p, q := testpipe.Open(t, testpipe.Config{}), testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	last := testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b/c.md", "# C\n\ntext\n")
	for _, tree := range []testpipe.Tree{testpipe.Text("a.go", "package z\n", "old", "old\n"), testpipe.Text("b/c.md", "other"), last} {
		repo.Commit(t, tree)
		p.Submit(t, repo)
		p.Settle(t)
	}
	q.Submit(t, repo)
	q.Settle(t)
	want := p.Digest(t)
	if got := q.Digest(t); got != want {
		t.Errorf("digest %+v after one commit, %+v after three", got, want)
	}
	if want.Documents != 2 || want.Points != 3 || len(want.Digest) != 64 {
		t.Errorf("digest: %+v", want)
	}
	for name, change := range changes {
		whole := q.AllPoints(t)[0]
		changed := whole
		change(&changed)
		q.WritePoints(t, changed)
		if got := q.Digest(t); got.Digest == want.Digest {
			t.Errorf("the digest is the same with another %s", name)
		}
		q.WritePoints(t, whole)
		if got := q.Digest(t); got != want {
			t.Errorf("digest %+v with the old %s, want %+v", got, name, want)
		}
	}
}
