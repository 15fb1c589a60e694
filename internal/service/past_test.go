package service_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// A commit at which no ref is any more has the files that are as they were. Of others, the
// error says what to do, and never is another text shown in their place.
func TestAFileAtACommitThatWasIndexed(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	first := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "one\n", "same.txt", "same\n", "gone.txt", "gone\n", "b.bin", "\x00\x01"))
	second := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "two\n", "same.txt", "same\n", "new.txt", "new\n", "b.bin", "\x00\x01"))
	third := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "one\n", "same.txt", "same\n", "new.txt", "new\n", "b.bin", "\x00\x01"))
	read := func(tenant, ref, path string) (service.ReadAnswer, error) {
		return m.Read(t.Context(), service.ReadRequest{Tenant: tenant, Repository: repo.Dir, Ref: ref, Path: path})
	}
	for _, ref := range []string{first, first[:8], second, third} {
		a, err := read("acme", ref, "same.txt")
		if err != nil || a.Text != "same\n" || !strings.HasPrefix(a.Commit, ref) || a.Ref != "refs/heads/main" || a.Revision == 0 {
			t.Errorf("same.txt at %s: %+v, %v", ref, a, err)
		}
	}
	if a, err := read("acme", second, "new.txt"); err != nil || a.Text != "new\n" || a.Commit != second {
		t.Errorf("new.txt at the second commit: %+v, %v", a, err)
	}
	for _, test := range []struct{ ref, path string }{
		{second, "a.txt"}, {first, "a.txt"}, // it has changed, even if it has changed back
		{first, "gone.txt"}, {first, "new.txt"}, {first, "never.txt"},
	} {
		a, err := read("acme", test.ref, test.path)
		known := (*service.Error)(nil)
		if !errors.As(err, &known) || known.Kind != service.NotFound || known.Field != service.FieldCommit || known.Value != test.ref || !strings.Contains(known.Reason, "pin") {
			t.Errorf("%s at %s: %+v, %v", test.path, test.ref[:8], a, err)
		}
	}
	for name, err := range map[string]error{
		"no such commit":       errorOf(read("acme", strings.Repeat("ab", 20), "same.txt")),
		"another's commit":     errorOf(read("other", first, "same.txt")),
		"a skipped file":       errorOf(read("acme", first, "b.bin")),
		"a listing":            errorOf(m.Directory(t.Context(), service.DirectoryRequest{Tenant: "acme", Repository: repo.Dir, Ref: first})),
		"a side of a diff":     errorOf(m.Diff(t.Context(), service.DiffRequest{Tenant: "acme", Repository: repo.Dir, From: first, To: "main"})),
		"a search at a commit": errorOf(m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Query: "same", Ref: first})),
	} {
		want := service.NotFound
		if name == "a skipped file" {
			want = service.Refused
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }
