package service_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// indexOf encodes an index with empty documents at some paths.
func indexOf(paths ...string) io.Reader {
	var out []byte
	for _, p := range paths {
		document := append(protowire.AppendVarint([]byte{1<<3 | 2}, uint64(len(p))), p...)
		out = append(protowire.AppendVarint(append(out, 2<<3|2), uint64(len(document))), document...)
	}
	return bytes.NewReader(out)
}

// A path is a part of a key in the catalog, which has a bound.
func TestAnIndexWithALongPathIsImportedWithoutIt(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	commit := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	long := ""
	for len(long) < 1500 {
		long += rand.Text() + "/"
	}
	r := service.ImportRequest{IndexesRequest: service.IndexesRequest{Tenant: "acme", Repository: repo.Dir}, Commit: commit, Name: "one"}
	r.Index = indexOf("a.go", long+"a.go")
	if g, err := m.ImportIndex(t.Context(), r); err != nil || g.Documents != 1 || g.LeftOut != 1 {
		t.Errorf("%+v, %v", g, err)
	}
	r.Index, r.Root = indexOf("a.go", strings.TrimPrefix(long, long[:700])+"a.go"), strings.Trim(long[:700], "/")
	if g, err := m.ImportIndex(t.Context(), r); err != nil || g.Documents != 1 || g.LeftOut != 1 {
		t.Errorf("below a root: %+v, %v", g, err)
	}
}

// held is an upload that never ends.
type held struct {
	began chan<- struct{}
	over  <-chan struct{}
}

func (h held) Read([]byte) (int, error) {
	select {
	case h.began <- struct{}{}:
	case <-h.over:
	}
	<-h.over
	return 0, io.EOF
}

// Uploads of a tenant, however slow, leave room for those of another.
func TestImportsOfATenantLeaveRoomForOthers(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	tree := testpipe.Text("a.go", "package a\n")
	commit := m.put(t, "acme", repo, "refs/heads/main", tree)
	m.put(t, "other", repo, "refs/heads/main", tree)
	ask := func(ctx context.Context, tenant string, index io.Reader) error {
		_, err := m.ImportIndex(ctx, service.ImportRequest{
			IndexesRequest: service.IndexesRequest{Tenant: tenant, Repository: repo.Dir}, Commit: commit, Name: "one", Index: index,
		})
		return err
	}
	const slow = 8
	began, over, ended := make(chan struct{}, slow), make(chan struct{}), make(chan error, slow)
	for range slow {
		go func() { ended <- ask(t.Context(), "acme", held{began, over}) }()
	}
	<-began
	<-began
	ctx, cancel := context.WithTimeout(t.Context(), testpipe.Patience)
	defer cancel()
	if err := ask(ctx, "other", indexOf("a.go")); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	close(over)
	for range slow {
		if err := <-ended; !errors.Is(err, service.Invalid) { // it has no document
			t.Errorf("a slow upload: %v", err)
		}
	}
}
