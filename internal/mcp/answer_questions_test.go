package mcp_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// asked is a question with the beginnings of the texts that a person would point at. An answer must
// show one of them.
type asked struct {
	question string
	shows    []string
}

// answered says whether an answer shows a text that a person would point at.
func (q asked) answered(text string) bool {
	return slices.ContainsFunc(q.shows, func(s string) bool { return strings.Contains(text, s) })
}

// questions are about Go's package net/http, in the words of a person who does not know its names.
// Constants of the exploration were chosen on them.
var questions = []asked{
	{"how does the server find the handler that belongs to the path of a request", []string{"func (mux *ServeMux) findHandler("}},
	{"where are the cookies of a request parsed", []string{"func readCookies("}},
	{"how does the client follow redirects, and when does it stop", []string{"func redirectBehavior("}},
	{"how are idle connections kept and reused", []string{"func (t *Transport) queueForIdleConn("}},
	{"how is the length of a message's body decided", []string{"func fixLength("}},
	{"how does the server guess the content type of a response", []string{"func DetectContentType("}},
	{"how are byte ranges of a file served", []string{"func parseRange("}},
	{"how does the server shut down gracefully", []string{"func (s *Server) Shutdown("}},
	{"how are user and password of basic authentication read", []string{"func parseBasicAuth("}},
	{"what limits the size of a request's body", []string{"func MaxBytesReader("}},
}

// An agent that has only explore gets answers to questions about a package that it does not know,
// each within the tokens of one answer.
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
		if !q.answered(text) {
			var places []string
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "» ") {
					places = append(places, strings.TrimSpace(line))
				}
			}
			t.Errorf("%q does not show one of %q but\n%s", q.question, q.shows, strings.Join(places, "\n"))
		}
	}
}

// others are questions about modules that leat itself needs, so that each machine that builds leat
// has their source. They were written from lists of functions before any was asked. Constants have
// been chosen on them since. least leaves room for changes in the modules.
var others = []struct {
	module string
	least  int // answered questions of the ten
	asked  []asked
}{
	{"github.com/jackc/pgx/v5", 7, []asked{
		{"how are named arguments of a query turned into numbered placeholders", []string{"func rewriteQuery("}},
		{"how does the pool get rid of connections that are idle for too long or too old", []string{"func (p *Pool) checkConnsHealth("}},
		{"how is a running query cancelled on the server", []string{"func (pgConn *PgConn) CancelRequest("}},
		{"what happens when a transaction is begun inside a transaction", []string{"func (tx *dbTx) Begin("}},
		{"which column of a result goes into which field of a struct when they are matched by name", []string{"func computeNamedStructFields(", "func lookupNamedStructFields(", "func fieldPosByName("}},
		{"how are many rows copied into a table at once", []string{"func (ct *copyFrom) run("}},
		{"how does the client prove that it knows the password without sending it", []string{"func (c *PgConn) scramAuth(", "func computeClientProof(", "func (sc *scramClient) clientFinalMessage("}},
		{"which prepared statement is thrown out of the cache when it is full", []string{"func (c *LRUCache) Put(", "func (c *LRUCache) invalidateOldest("}},
		{"how is a string quoted when arguments are written into the text of a statement", []string{"func QuoteString("}},
		{"how does a connection wait until another session sends a notification", []string{"func (c *Conn) WaitForNotification(", "func (pgConn *PgConn) WaitForNotification("}},
	}},
	{"github.com/nats-io/nats.go", 3, []asked{
		{"how does the client connect again after its connection was lost", []string{"func (nc *Conn) doReconnect("}},
		{"how are messages of a subscription handed to its callback", []string{"func (nc *Conn) waitForMsgs("}},
		{"how is the next server to connect to chosen", []string{"func (nc *Conn) selectNextServer("}},
		{"how does a request wait for its reply", []string{"func (nc *Conn) createNewRequestAndSend(", "func (nc *Conn) newRequest(", "func (nc *Conn) respHandler("}},
		{"how is a dead connection noticed by pings", []string{"func (nc *Conn) processPingTimer("}},
		{"what happens when a subscriber is too slow for its messages", []string{"func (nc *Conn) processMsg("}},
		{"how are subscriptions drained before a connection closes", []string{"func (nc *Conn) drainConnection("}},
		{"how are the header fields of a message decoded", []string{"func DecodeHeadersMsg(", "func readMIMEHeader("}},
		{"how is a message acknowledged, and what keeps it from being acknowledged twice", []string{"func (m *Msg) ackReply(", "func (m *jetStreamMsg) ackReply("}},
		{"how is an object split into chunks when it is stored", []string{"func (obs *obs) Put(", "func (s *obs) Put("}},
	}},
}

// At least so many of the questions about each module are answered within the tokens of one answer,
// and no answer is larger. docs/quality.md says which questions are not answered.
func TestExploreIsAskedAboutOthers(t *testing.T) {
	m := open(t)
	for _, other := range others {
		root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", other.module).Output()
		if err != nil {
			t.Fatal(err)
		}
		repo := testpipe.NewRepo(t)
		m.put(t, "acme", repo, source(t, strings.TrimSpace(string(root))))
		s := local(t, m, mcp.Config{}, acme)
		answered := 0
		for _, q := range other.asked {
			text, failed := s.call(t, "explore", map[string]any{"question": q.question, "repository": repo.Dir})
			if failed || len(text) > service.DefaultExploreTokens*service.BytesPerToken {
				t.Errorf("%q: %d bytes: %.200s", q.question, len(text), text)
			}
			if q.answered(text) {
				answered++
			} else {
				t.Logf("%s: %q shows none of %q", other.module, q.question, q.shows)
			}
		}
		if answered < other.least {
			t.Errorf("%s: %d of %d questions are answered, and were %d", other.module, answered, len(other.asked), other.least)
		}
	}
}

// source returns the Go files of a directory, including tests.
func source(t *testing.T, root string) testpipe.Tree {
	t.Helper()
	tree := testpipe.Tree{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		tree[path] = testpipe.File{Content: string(content)}
		return err
	})
	if err != nil || len(tree) < 50 {
		t.Skipf("the source is not here: %d files, %v", len(tree), err)
	}
	return tree
}
