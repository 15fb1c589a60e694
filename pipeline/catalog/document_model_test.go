package catalog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// model is one document as it should be.
type model struct {
	state    catalog.DocumentState // "": it is not in the catalog
	revision int64
	points   bool // some may be in the index
	buried   bool
	content  string
	attempts int
}

// due is when the document's work is published again.
func (m *model) due() string {
	switch {
	case m.state == "" || m.state == "indexed" || m.state == "skipped" && !m.points:
		return ""
	case m.buried:
		return "infinity"
	}
	return "soon"
}

// put acts as a listing that finds the path with content, or skips it.
func (m *model) put(revision int64, state catalog.DocumentState, content string) {
	changed := state != m.state && (state == "skipped" || m.state == "skipped") || m.content != content
	if m.state != "" && m.state != "removed" && m.state != "failed" && !changed {
		return
	}
	m.points = m.points || m.state != "" && m.state != "skipped"
	m.state, m.revision, m.content, m.buried, m.attempts = state, revision, content, false, 0
}

func (m *model) remove(revision int64) {
	switch {
	case m.state == "" || m.state == "removed":
	case m.state == "skipped" && !m.points:
		*m = model{}
	default:
		m.state, m.revision, m.content, m.buried, m.attempts = "removed", revision, "", false, 0
	}
}

// Random operations with random revisions, new and old, on one document. The catalog does
// what the model does, and never holds a forbidden state.
func TestDocumentAgainstModel(t *testing.T) {
	w := newWorld(t)
	track := 0
	rapid.Check(t, func(r *rapid.T) {
		track++
		w.track = w.newTrack(t, "default", repositoryURL, fmt.Sprint("refs/heads/", track))
		m := &model{}
		path := w.document("path", "")
		snapshot := w.begin(t, "first")
		highest := int64(0)
		current := func(r *rapid.T) catalog.Current {
			revision := m.revision
			if rapid.IntRange(0, 3).Draw(r, "stale") == 0 {
				revision = rapid.Int64Range(0, snapshot.Revision+1).Draw(r, "revision")
			}
			return catalog.Current{ID: path.ID, Revision: revision}
		}
		stands := func(c catalog.Current) bool { return m.state != "" && c.Revision == m.revision }
		r.Repeat(map[string]func(*rapid.T){
			"next commit": func(r *rapid.T) {
				snapshot = w.begin(t, rapid.StringN(8, 8, -1).Draw(r, "commit"))
			},
			"put": func(r *rapid.T) {
				content := rapid.SampledFrom([]string{"x", "y", ""}).Draw(r, "content")
				w.put(t, snapshot, w.document("path", content))
				m.put(snapshot.Revision, "chunked", content)
			},
			"skip": func(r *rapid.T) {
				content := rapid.SampledFrom([]string{"x", "y"}).Draw(r, "content")
				w.put(t, snapshot, w.skipped("path", content, "binary"))
				m.put(snapshot.Revision, "skipped", content)
			},
			"remove": func(*rapid.T) {
				w.do(t, func(ctx context.Context) error { return w.RemoveFiles(ctx, snapshot, []uuid.UUID{path.ID}) })
				m.remove(snapshot.Revision)
			},
			"embedded": func(r *rapid.T) {
				c := current(r)
				w.do(t, func(ctx context.Context) error {
					return w.MarkEmbedded(ctx, w.active(t).Embedder.ID, []catalog.Current{c})
				})
				if stands(c) && (m.state == "chunked" || m.state == "failed") {
					m.state, m.buried = "embedded", false
				}
			},
			"indexed": func(r *rapid.T) {
				c := current(r)
				want := stands(c) && m.state != "skipped" && m.state != "removed"
				assertMarked(t, w, w.MarkIndexed, c, want)
				if want {
					m.state, m.points, m.buried, m.attempts = "indexed", true, false, 0
				}
			},
			"cleared": func(r *rapid.T) {
				c := current(r)
				want := stands(c) && m.state == "skipped"
				assertMarked(t, w, w.MarkCleared, c, want)
				if want {
					m.points, m.buried = false, false
				}
			},
			"dropped": func(r *rapid.T) {
				c := current(r)
				want := stands(c) && m.state == "removed"
				assertMarked(t, w, w.DropRemoved, c, want)
				if want {
					*m = model{}
				}
			},
			"fail": func(r *rapid.T) {
				c := current(r)
				n, err := w.DelayDocument(t.Context(), c, "r", catalog.Backoff{First: time.Minute, Most: time.Hour})
				want := 0
				if stands(c) && m.due() != "" {
					m.fail()
					m.buried = false
					want = m.attempts
				}
				if err != nil || n != want {
					t.Fatalf("%d attempts, want %d (%v)", n, want, err)
				}
			},
			"bury": func(r *rapid.T) {
				c := current(r)
				w.do(t, func(ctx context.Context) error { return w.BuryDocument(ctx, c, "r") })
				if stands(c) && m.due() != "" {
					m.fail()
					m.buried = true
				}
			},
			"": func(*rapid.T) {
				highest = w.compare(t, path.ID, m, highest)
			},
		})
	})
}

func (m *model) fail() {
	m.attempts++
	if m.state != "removed" && m.state != "skipped" {
		m.state = "failed"
	}
}

func assertMarked(t *testing.T, w *world, mark func(context.Context, int64, []catalog.Current) ([]uuid.UUID, error), c catalog.Current, want bool) {
	t.Helper()
	marked, err := mark(t.Context(), w.active(t).Number, []catalog.Current{c})
	if err != nil || (len(marked) == 1) != want {
		t.Fatalf("marked %v, want %v (%v)", marked, want, err)
	}
}

// compare checks a document against its model. It returns the highest revision
// that the row has had while it was there.
func (w *world) compare(t *testing.T, id uuid.UUID, m *model, highest int64) int64 {
	t.Helper()
	r := w.row(t, id)
	if r == nil {
		if m.state != "" {
			t.Fatalf("document is gone, want %+v", m)
		}
		return 0
	}
	if r.State != m.state || r.Revision != m.revision || r.Due != m.due() || (r.Indexed > 0) != m.points || r.Attempts != m.attempts {
		t.Fatalf("document is %+v, want %+v, due %q", r, m, m.due())
	}
	if r.Revision < highest || r.State == "indexed" && r.Indexed != r.Revision || r.Indexed > r.Revision {
		t.Fatalf("document is %+v, after revision %d", r, highest)
	}
	return r.Revision
}
