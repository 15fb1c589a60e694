package gateway

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// toolDoor is the door of agents that knows the tokens of the catalog.
type toolDoor struct {
	*testpipe.Pipe
	svc *service.Service
	url string
}

func openTools(t *testing.T) toolDoor {
	t.Helper()
	p := acme(t)
	p.Rows(t, "insert into tenants (name) values ('other'), ('gone')")
	log := slog.New(slog.DiscardHandler)
	svc := service.New(service.Config{Index: p.Config().Index, Source: "/leat/gateway", OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience, LocalPaths: true}, p.Stores.Stores)
	doors, err := tools(mcp.All(), svc, log)
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Doors: doors, Rate: 1e6, Burst: 1e6}, svc, log)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return toolDoor{p, svc, server.URL}
}

func (d toolDoor) token(t *testing.T, r service.CreateTokenRequest, scopes ...access.Scope) service.CreatedToken {
	t.Helper()
	r.Name, r.Lifetime = "t", time.Hour
	for _, s := range scopes {
		r.Scopes = append(r.Scopes, string(s))
	}
	made, err := d.svc.CreateToken(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// toolAnswer is the outcome of a tool's call.
type toolAnswer struct {
	status int
	body   string
	text   string // of the tool
	failed bool   // the tool reports an error, or the server that there is no such tool
	absent bool   // there is no such tool for this token
}

func (d toolDoor) call(t *testing.T, token, tool string, arguments map[string]any) (a toolAnswer) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+mcp.Path, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a.status, a.body = response.StatusCode, string(read)
	if a.status != http.StatusOK {
		return a
	}
	_, data, found := strings.Cut(a.body, "data: ") // as an event, or by itself
	if !found {
		data = a.body
	}
	var said struct {
		Result struct {
			IsError bool
			Content []struct{ Text string }
		}
		Error *struct{ Message string }
	}
	if err := json.Unmarshal([]byte(data), &said); err != nil {
		t.Fatalf("%s: %v in %s", tool, err, a.body)
	}
	for _, c := range said.Result.Content {
		a.text += c.Text
	}
	a.failed, a.absent = said.Result.IsError || said.Error != nil, said.Error != nil
	return a
}

// Law 14: a token reaches what it names and nothing else. The test calls every tool, so that none
// can be forgotten.
func TestEveryToolRefusesWhoMayNotAsk(t *testing.T) {
	d := openTools(t)
	repo := testpipe.NewRepo(t)
	repo.CommitTo(t, "refs/heads/main", testpipe.Text(secret+".go", "package "+secret+"\n\nfunc "+secret+"() { "+secret+"() }\n"))
	if err := d.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repo.Dir, Ref: "refs/heads/main"})); err != nil {
		t.Fatal(err)
	}
	d.Settle(t)
	(&site{Pipe: d.Pipe}).graphs(t)
	file, symbol := secret+".go", secret+".go#"+secret
	arguments := map[string]map[string]any{
		"explore": {"question": secret}, "search": {"query": secret}, "grep": {"pattern": secret}, "read": {"path": file}, "status": {}, "list": {}, "versions": {},
		"compare": {"from": "main", "to": "main"}, "symbol": {"name": secret}, "references": {"symbol": symbol}, "callers": {"symbol": symbol}, "callees": {"symbol": symbol},
		"neighbours": {"symbol": symbol}, "impact": {"symbol": symbol}, "path": {"symbol": symbol, "to": symbol}, "important": {}, "communities": {}, "related": {"file": file},
		"indexes": {}, "drop_index": {"commit": strings.Repeat("a", 40), "name": "one"},
		"pin": {"commit": "main"}, "unpin": {"name": "kept"}, "rollback": {"ref": "main", "to": "main"}, "wake": {}, "sleep": {}, "submit": {},
	}
	// A tool needs one scope, which the test finds out by calling it.
	all := d.token(t, service.CreateTokenRequest{Tenant: "acme"}, access.Scopes...)
	one, but := map[access.Scope]string{}, map[access.Scope]string{}
	for _, s := range access.Scopes {
		one[s] = d.token(t, service.CreateTokenRequest{Tenant: "acme"}, s).Secret
		but[s] = d.token(t, service.CreateTokenRequest{Tenant: "acme"}, slices.DeleteFunc(slices.Clone(access.Scopes), func(other access.Scope) bool { return other == s })...).Secret
	}
	expired := d.token(t, service.CreateTokenRequest{Tenant: "acme"}, access.Scopes...)
	d.Rows(t, "update tokens set created_at = now() - interval '3 hours', expires_at = now() - interval '1 hour' where id = $1", expired.ID)
	revoked := d.token(t, service.CreateTokenRequest{Tenant: "acme"}, access.Scopes...)
	if _, err := d.svc.RevokeToken(t.Context(), service.TokenRequest{Tenant: "acme", ID: revoked.ID}); err != nil {
		t.Fatal(err)
	}
	orphan := d.token(t, service.CreateTokenRequest{Tenant: "gone"}, access.Scopes...)
	d.Rows(t, "delete from tenants where name = 'gone'")
	stranger := d.token(t, service.CreateTokenRequest{Tenant: "other"}, access.Scopes...).Secret
	elsewhere := d.token(t, service.CreateTokenRequest{Tenant: "acme", Repositories: []string{"forge.test/x/y"}}, access.Scopes...).Secret
	for _, tool := range mcp.All() {
		given, known := arguments[tool]
		if !known {
			t.Errorf("%s is asked by nobody here: give it arguments", tool)
			continue
		}
		if tool != "status" && tool != "explore" && tool != "search" {
			given["repository"] = repo.Dir
		}
		for name, token := range map[string]string{
			"no token": "", "garbage": "leat_garbage", "an expired token": expired.Secret, "a revoked token": revoked.Secret, "a token of a tenant that is gone": orphan.Secret,
		} {
			if a := d.call(t, token, tool, given); a.status != http.StatusUnauthorized || strings.Contains(a.body, secret) {
				t.Errorf("%s with %s: %d %s", tool, name, a.status, a.body)
			}
		}
		silent := func(name, token string) {
			t.Helper()
			if a := d.call(t, token, tool, given); a.status != http.StatusOK || strings.Contains(strings.ReplaceAll(a.text, repo.Dir, ""), secret) || !a.failed && given["repository"] != nil {
				t.Errorf("%s with %s: %d %s", tool, name, a.status, a.body)
			}
		}
		if tool != "submit" { // a tenant may submit the path of another's repository as its own
			silent("another tenant's", stranger)
		}
		silent("another repository's", elsewhere)
		scope := ""
		for _, s := range access.Scopes {
			if tool == "unpin" { // there must be a version to release
				if _, err := d.svc.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: "main", Name: "kept"}); err != nil {
					t.Fatal(err)
				}
			}
			if tool == "drop_index" { // there must be an index to drop: a document a.go without names
				if _, err := d.svc.ImportIndex(t.Context(), service.ImportRequest{
					IndexesRequest: service.IndexesRequest{Tenant: "acme", Repository: repo.Dir}, Commit: strings.Repeat("a", 40), Name: "one",
					Index: strings.NewReader("\x12\x06\x0a\x04a.go"),
				}); err != nil {
					t.Fatal(err)
				}
			}
			if a := d.call(t, but[s], tool, given); a.absent {
				scope = string(s) + " " + scope
				if strings.Contains(a.text, secret) {
					t.Errorf("%s without the scope %s: %s", tool, s, a.body)
				}
				if a := d.call(t, one[s], tool, given); a.absent || a.failed {
					t.Errorf("%s with the scope %s alone: %s", tool, s, a.body)
				}
			}
		}
		if n := len(strings.Fields(scope)); n != 1 {
			t.Errorf("%s needs the scopes %q, not one", tool, scope)
		}
		if a := d.call(t, all.Secret, tool, given); a.status != http.StatusOK || a.absent || a.failed && tool != "unpin" && tool != "drop_index" {
			t.Errorf("%s with a token that may: %d %s", tool, a.status, a.body)
		}
	}
}
