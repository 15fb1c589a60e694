package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// event is a server-sent event.
type event struct{ name, id, data string }

// listener receives the events of a stream.
type listener struct {
	events chan event
	close  func()
}

// hear opens a stream. It returns when the stream has begun.
func (d *door) hear(t *testing.T, token, path string, headers ...string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testpipe.Patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r) //nolint:bodyclose // the reading goroutine closes it
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", response.StatusCode, response.Header)
	}
	lines := bufio.NewScanner(response.Body)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), ":") {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	l := &listener{make(chan event, 1000), cancel}
	go func() {
		defer close(l.events)
		defer response.Body.Close()
		var e event
		for lines.Scan() {
			switch key, value, _ := strings.Cut(lines.Text(), ": "); key {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e != (event{}) {
					l.events <- e
				}
				e = event{}
			}
		}
	}()
	return l
}

func (l *listener) next(t *testing.T) (e event, ok bool) {
	t.Helper()
	select {
	case e, ok = <-l.events:
		return e, ok
	case <-time.After(testpipe.Patience):
		t.Fatal("no event in time")
	}
	return e, ok
}

func TestASubmissionIsFollowedToItsEnd(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n"))
	s := decode[service.Submitted](t, d.ask(t, all, http.MethodPost, "/api/v1/repositories", map[string]any{"repository": repo.Dir}))
	l := d.hear(t, all, "/api/v1/submissions/"+s.ID+"/events")
	d.Settle(t)
	var last event
	for e, ok := l.next(t); ok; e, ok = l.next(t) {
		last = e
	}
	var end service.Progress
	if err := json.Unmarshal([]byte(last.data), &end); err != nil || last.name != "end" || !end.Done || end.Counts.Indexed != 1 || len(end.Tracks) != 1 {
		t.Errorf("ended with %+v (%v)", last, err)
	}
}

func TestFinishedSnapshotsAreHeard(t *testing.T) {
	d := open(t)
	repo, other := testpipe.NewRepo(t), testpipe.NewRepo(t)
	l := d.hear(t, all, "/api/v1/events")
	first := d.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	d.put(t, "other", other, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	second := d.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package b\n"))
	var ids []string
	for _, want := range []string{first, second} {
		e, _ := l.next(t)
		var data events.RepoIndexed
		if err := json.Unmarshal([]byte(e.data), &data); err != nil || e.name != "repo.indexed" || data.Commit != want || data.Tenant != "acme" {
			t.Fatalf("%+v (%v), want commit %s", e, err, want)
		}
		ids = append(ids, e.id)
	}
	l.close()
	again := d.hear(t, all, "/api/v1/events?repository=repo", "Last-Event-ID", ids[0]) // the second was missed
	if e, _ := again.next(t); e.id != ids[1] {
		t.Errorf("went on with %+v, want event %s", e, ids[1])
	}
}

// Law 14 for streams.
func TestAStreamReachesWhatTheTokenNames(t *testing.T) {
	d := open(t)
	seen, hidden := testpipe.NewRepo(t), testpipe.NewRepo(t)
	name, _ := access.Name(seen.Dir)
	d.grants["some"] = access.Grant{Tenant: "acme", Token: "some", Scopes: access.Scopes, Repositories: []string{name}}
	l := d.hear(t, "some", "/api/v1/events")
	d.put(t, "acme", hidden, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	d.put(t, "acme", seen, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	if e, _ := l.next(t); strings.Contains(e.data, hidden.Dir) || !strings.Contains(e.data, seen.Dir) {
		t.Errorf("heard %+v", e)
	}
	if a := d.ask(t, "some", http.MethodGet, "/api/v1/events?repository="+hidden.Dir, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestStreamsOfATokenAreBoundedAndEndWithTheProcess(t *testing.T) {
	stopping := make(chan struct{})
	d := open(t, func(c *httpapi.Config) { c.Streams, c.Stopping = 2, stopping })
	one, two := d.hear(t, all, "/api/v1/events"), d.hear(t, all, "/api/v1/events")
	if a := d.ask(t, all, http.MethodGet, "/api/v1/events", nil); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("a third: %d %s", a.StatusCode, a.body)
	}
	one.close()
	for deadline := time.Now().Add(testpipe.Patience); ; time.Sleep(time.Millisecond) {
		if a := d.askStream(t, all); a == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a stream that ended still counts")
		}
	}
	close(stopping)
	if e, ok := two.next(t); ok {
		t.Errorf("heard %+v", e)
	}
}

// askStream opens a stream and leaves it at once.
func (d *door) askStream(t *testing.T, token string) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
