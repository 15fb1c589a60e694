package mcp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// questions are about Go's package net/http, as somebody asks who does not know its names. An
// answer has to show the text that a person would point at.
var questions = []struct{ question, shows string }{
	{"how does the server find the handler that belongs to the path of a request", "func (mux *ServeMux) findHandler("},
	{"where are the cookies of a request parsed", "func readCookies("},
	{"how does the client follow redirects, and when does it stop", "func redirectBehavior("},
	{"how are idle connections kept and reused", "func (t *Transport) queueForIdleConn("},
	{"how is the length of a message's body decided", "func fixLength("},
	{"how does the server guess the content type of a response", "func DetectContentType("},
	{"how are byte ranges of a file served", "func parseRange("},
	{"how does the server shut down gracefully", "func (s *Server) Shutdown("},
	{"how are user and password of basic authentication read", "func parseBasicAuth("},
	{"what limits the size of a request's body", "func MaxBytesReader("},
}

// An agent that has explore alone gets questions about a package that it does not know
// answered, each within the tokens of one answer.
func TestExploreAnswersTenQuestions(t *testing.T) {
	m := open(t)
	tree := testpipe.Tree{}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src", "net", "http", "*.go"))
	if err != nil || len(files) < 50 {
		t.Skipf("the source of package net/http is not here: %d files, %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree["http/"+filepath.Base(file)] = testpipe.File{Content: string(content)}
	}
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, tree)
	s := local(t, m, mcp.Config{}, acme)
	for _, tokens := range []int{service.LeastExploreTokens, 1000, 2000, 8000, 20_000} {
		for _, q := range questions[:3] {
			text, failed := s.call(t, "explore", map[string]any{"question": q.question, "max_tokens": tokens})
			if failed || len(text) > tokens*service.BytesPerToken {
				t.Errorf("%q with %d tokens: %d bytes", q.question, tokens, len(text))
			}
		}
	}
	for _, q := range questions {
		text, failed := s.call(t, "explore", map[string]any{"question": q.question, "repository": repo.Dir, "max_tokens": service.DefaultExploreTokens})
		if failed || len(text) > service.DefaultExploreTokens*service.BytesPerToken {
			t.Errorf("%q: %d bytes: %.200s", q.question, len(text), text)
		}
		if !strings.Contains(text, q.shows) {
			var places []string
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "» ") {
					places = append(places, strings.TrimSpace(line))
				}
			}
			t.Errorf("%q does not show %s but\n%s", q.question, q.shows, strings.Join(places, "\n"))
		}
	}
}
