package mcp_test

import (
	"bytes"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// An imported index is listed, and dropped only by a token that may submit.
func TestImportedIndexes(t *testing.T) {
	m := open(t)
	field := func(m []byte, number protowire.Number, content []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(m, number, protowire.BytesType), content)
	}
	name := field(field(nil, 1, []byte{3, 5, 15}), 2, []byte("s m p v openSluice()."))
	index := field(nil, 2, field(field(nil, 1, []byte("sluice.go")), 2, name))
	if _, err := m.ImportIndex(t.Context(), service.ImportRequest{
		IndexesRequest: service.IndexesRequest{Tenant: "acme", Repository: m.repo.Dir}, Commit: m.commit, Name: "by\nhand", Index: bytes.NewReader(index),
	}); err != nil {
		t.Fatal(err)
	}
	connected := func(scopes ...access.Scope) session {
		return connect(t, &sdk.StreamableClientTransport{Endpoint: serve(t, m, access.Grant{Tenant: "acme", Token: "t", Scopes: scopes}), DisableStandaloneSSE: true})
	}
	reader, submitter := connected(access.ScopeRead), connected(access.ScopeRead, access.ScopeSubmit)
	of := map[string]any{"repository": m.repo.Dir}
	one := map[string]any{"repository": m.repo.Dir, "commit": m.commit, "name": "by\nhand"}
	if text, failed := reader.call(t, "indexes", of); failed || !strings.Contains(text, m.commit+" by") || !strings.Contains(text, ": not in use, 1 files, 1 names\n") || strings.Contains(text, "by\nhand") {
		t.Errorf("indexes: %q", text)
	}
	if text, failed := submitter.call(t, "drop_index", one); failed || !strings.HasPrefix(text, "Dropped by") {
		t.Errorf("drop: %q", text)
	}
	if text, failed := submitter.call(t, "drop_index", one); !failed || !strings.Contains(text, "no index of this name") {
		t.Errorf("drop again: %q", text)
	}
	if text, failed := reader.call(t, "indexes", of); failed || !strings.Contains(text, "no index was imported") {
		t.Errorf("indexes after the drop: %q", text)
	}
	tools, err := reader.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools.Tools {
		if tool.Name == "drop_index" {
			t.Error("a token that may only read is offered drop_index")
		}
	}
}
