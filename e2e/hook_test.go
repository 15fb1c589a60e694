//go:build linux

package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/webhook"
)

// A hooked is a `leat dev` with a hook of a git host, and the repository that the host pushes to.
type hooked struct {
	t              testing.TB
	env            []string
	repo           *testpipe.Repo
	tree           testpipe.Tree
	forge, gateway string
	path, secret   string // of the hook
	token          string
	last           string // the commit that was pushed last
}

// startHooked starts one with 50 files in the repository, none of which is pushed yet.
func startHooked(t testing.TB) *hooked {
	t.Helper()
	repo := testpipe.NewRepo(t)
	path, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	forge := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), Root: "/mill",
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(repo.Dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	})
	t.Cleanup(forge.Close)
	host := strings.TrimPrefix(forge.URL, "http://")

	env := []string{"LEAT_DATA=" + home(t), "LEAT_FAST=true", "LEAT_GIT_ALLOW_HTTP=true", "LEAT_GIT_ALLOW_HOST=" + host}
	dev := start(t, env, "leat", "dev", "--gateway-listen", "127.0.0.1:0")
	gateway := strings.TrimSuffix(dev.says(`http://127\.0\.0\.1:\d+/api/v1`, 1)[0], "/api/v1")
	hook := leat(t, env, 0, "hook", "create", "forge", "--provider", "github", "--allow", "http://"+host+"/mill")
	tree := make(testpipe.Tree)
	for i := range 50 {
		tree[fmt.Sprintf("f%02d.go", i)] = testpipe.File{Content: fmt.Sprintf("package p\n\n// Wheel%d turns.\nfunc Wheel%[1]d() {}\n", i)}
	}
	token := leat(t, env, 0, "token", "create", "me", "--scopes", "search,read")["token"].(string)
	return &hooked{
		t: t, env: env, repo: repo, tree: tree, forge: forge.URL, gateway: gateway,
		path: hook["path"].(string), secret: hook["secret"].(string), token: token, last: strings.Repeat("0", 40),
	}
}

// push commits the tree and delivers the push as the git host does.
func (h *hooked) push() {
	h.t.Helper()
	next := h.repo.Commit(h.t, h.tree)
	repository := map[string]any{"full_name": "mill/repo", "clone_url": h.forge + "/mill/repo.git", "default_branch": "main"}
	body, err := json.Marshal(map[string]any{"ref": "refs/heads/main", "before": h.last, "after": next, "repository": repository})
	if err != nil {
		h.t.Fatal(err)
	}
	await(h.t, "the push is accepted", func() bool {
		r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.gateway+h.path, strings.NewReader(string(body)))
		if err != nil {
			h.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-GitHub-Event", "push")
		r.Header.Set("X-GitHub-Delivery", next)
		r.Header.Set("X-Hub-Signature-256", webhook.Sign(h.secret, body))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			h.t.Fatal(err)
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		switch answer.StatusCode {
		case http.StatusGatewayTimeout: // a gateway on a busy machine; the host sends it again
			return false
		case http.StatusAccepted:
			return true
		}
		h.t.Fatalf("the gateway answers %d %s", answer.StatusCode, text)
		return false
	})
	h.last = next
}

// found waits until a search finds a word in the commit that was pushed last.
func (h *hooked) found(word string) {
	h.t.Helper()
	await(h.t, word+" is found", func() bool {
		r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.gateway+"/api/v1/search?limit=1&query="+word, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+h.token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			h.t.Fatal(err)
		}
		defer answer.Body.Close()
		var doc struct {
			Hits []struct {
				Commit string `json:"commit"`
				Text   string `json:"text"`
			} `json:"hits"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&doc); err != nil {
			h.t.Fatal(err)
		}
		return len(doc.Hits) == 1 && doc.Hits[0].Commit == h.last && strings.Contains(doc.Hits[0].Text, word)
	})
}

// add puts a file into the tree whose only declaration is a word.
func (h *hooked) add(word string) {
	h.tree[word+".go"] = testpipe.File{Content: "package p\n\n// " + word + " closes the pipe.\nfunc " + word + "() {}\n"}
}

// An organisation has a hook. A push to one of its repositories becomes searchable, also where
// leat has never heard of the repository.
func TestAPushIsSearchable(t *testing.T) {
	h := startHooked(t)
	h.push()
	h.found("Wheel7")
	h.add("Penstock")
	h.push()
	h.found("Penstock")

	doc := leat(t, h.env, 0, "hook", "deliveries")
	list, _ := doc["deliveries"].([]any)
	if len(list) != 2 || list[0].(map[string]any)["state"] != "accepted" {
		t.Errorf("deliveries: %v", doc)
	}
}

// BenchmarkPush measures the time from the delivery of a push of one file to the end of the
// first search that finds it.
func BenchmarkPush(b *testing.B) {
	h := startHooked(b)
	h.push()
	h.found("Wheel7")
	for i := 0; b.Loop(); i++ {
		word := fmt.Sprint("Penstock", i)
		b.StopTimer()
		h.add(word)
		b.StartTimer()
		h.push()
		h.found(word)
	}
}
