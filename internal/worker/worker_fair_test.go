package worker_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

const stormOf = 200 // submissions of one repository

// submission encodes a submission of a URL by a tenant.
func submission(t testing.TB, tenant, url string) (msg *nats.Msg, key catalog.SubmissionKey) {
	t.Helper()
	event, err := events.New("/test", url, events.RepoSubmitted{URL: url})
	must(t, err)
	header, body, err := events.Encode(event)
	must(t, err)
	msg = &nats.Msg{Subject: events.SubmittedSubject(tenant), Header: nats.Header{}, Data: body}
	for name, value := range header {
		msg.Header.Set(name, value)
	}
	return msg, catalog.SubmissionKey{Tenant: tenant, Source: "/test", Event: event.ID}
}

// push commits to a repository, submits it as the quiet tenant, and returns the time until the
// commit was indexed.
func (l *lanes) push(t testing.TB, repo *testpipe.Repo, word string) time.Duration {
	t.Helper()
	repo.Commit(t, testpipe.Text("needle.txt", word+"\n"))
	msg, key := submission(t, "quiet", repo.Dir)
	began := time.Now()
	_, err := l.js.PublishMsg(t.Context(), msg)
	must(t, err)
	stored := time.Since(began)
	l.done(t, key)
	took := time.Since(began)
	t.Logf("%s: %s, of which its publisher waited %s for the intake", word, took.Round(time.Millisecond), stored.Round(time.Millisecond))
	return took
}

// mute is a remote that takes connections and never answers.
func mute(t testing.TB) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		var open []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				for _, c := range open {
					c.Close()
				}
				return
			}
			open = append(open, conn)
		}
	}()
	return "http://" + listener.Addr().String()
}

func fairLanes(t testing.TB) *lanes {
	l := newLanes(t, nil, config.Bulk{BulkFiles: 500, BulkWindow: 4096, BulkIngests: 16, Waiting: 4096, Pace: 50})
	l.ingestor.AllowHTTP, l.ingestor.AllowHosts = true, []string{"127.0.0.1:*"}
	start(t, l.ingest, l.embed, l.index)
	return l
}

// storm submits a repository many times at once.
func (l *lanes) storm(t testing.TB, repo *testpipe.Repo) (keys []catalog.SubmissionKey) {
	t.Helper()
	for range stormOf {
		msg, key := submission(t, "loud", repo.Dir)
		_, err := l.js.PublishMsgAsync(msg)
		must(t, err)
		keys = append(keys, key)
	}
	select {
	case <-l.js.PublishAsyncComplete():
	case <-time.After(longPatience):
		t.Fatal("the storm is not stored")
	}
	return keys
}

// Two hundred submissions of a repository cost a few fetches, and each ends with
// the same revision.
func TestAStormOfSubmissionsIsAnsweredByFewFetches(t *testing.T) {
	l := fairLanes(t)
	repo := repoOf(t, 3, "storm")
	first := l.ask(t, repo)
	l.done(t, first)
	keys := l.storm(t, repo)
	l.done(t, keys...)
	if got := l.One(t, "select count(*) || ' ' || min(revision) || ' ' || max(revision) from submissions where tenant = 'loud' and state = 'done'"); got != fmt.Sprintf("%d 1 1", stormOf) {
		t.Errorf("submissions that ended, and their revisions: %s", got)
	}
	// Fetches: the first, the one under way when the others arrived, and one for these. Some more
	// submissions may have arrived while that ran.
	if fetched := strings.Count(l.Logs.String(), "msg=fetched"); fetched > 20 {
		t.Errorf("%d submissions took %d fetches", stormOf+1, fetched)
	}
}

// slack is what the machine may add to a push: docs/performance.md has figures,
// and this bound is far below the minutes that an unfair worker takes.
const slack = 5 * time.Second

const (
	floodVariable = "LEAT_TEST_FLOOD" // the server that this program floods, instead of running tests
	floodRate     = "LEAT_FLOOD_RATE" // messages a second; by default as many as the server answers
	floodBy       = "LEAT_FLOOD_BY"   // a command that starts the flood, with its arguments: "nice -n 19", "taskset -c 1"
)

// flood publishes junk as the loud tenant until its standard input ends, and prints how
// many messages it sent.
func flood(server string) error {
	limit := rate.Inf
	if value := os.Getenv(floodRate); value != "" {
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		limit = rate.Limit(n)
	}
	pace := rate.NewLimiter(limit, 100)
	conn, err := nats.Connect(server)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // the input ends with the test, however the test ends
		close(over)
	}()
	for sent := 0; ; {
		select {
		case <-over:
			_, err := fmt.Print(sent)
			return err
		default:
		}
		if err := pace.Wait(context.Background()); err != nil {
			return err
		}
		if _, err := js.PublishMsgAsync(&nats.Msg{Subject: events.SubmittedSubject("loud"), Data: make([]byte, 1000)}); err == nil {
			sent++
		}
	}
}

// startFlood floods a server from a process of its own, so that the kernel shares the processor
// between the flood and the workers. stop returns how many messages it sent, and the processor time
// that this took.
func startFlood(t testing.TB, server string) (stop func() string) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	command := append(strings.Fields(os.Getenv(floodBy)), self)
	child := exec.CommandContext(t.Context(), command[0], command[1:]...)
	child.Env = append(os.Environ(), floodVariable+"="+server)
	child.Stderr = os.Stderr
	var sent strings.Builder
	child.Stdout = &sent
	hold, err := child.StdinPipe()
	must(t, err)
	began := time.Now()
	must(t, child.Start())
	return func() string {
		t.Helper()
		must(t, hold.Close())
		must(t, child.Wait())
		ran := child.ProcessState
		return fmt.Sprintf("%s messages in %s, of which %s on a processor", sent.String(),
			time.Since(began).Round(time.Millisecond), (ran.UserTime() + ran.SystemTime()).Round(time.Millisecond))
	}
}

// A push takes about as long as alone, whatever another tenant does.
func TestAPushBesideALoudTenant(t *testing.T) {
	l := fairLanes(t)
	quiet, loud := repoOf(t, 3, "quiet"), repoOf(t, 3, "loud")
	l.push(t, quiet, "warm") // the first push makes the track
	alone := l.push(t, quiet, "alone")
	beside := func(name string, disturb func() (stop func())) {
		t.Helper()
		for attempt := 1; ; attempt++ { // others may take the machine away for a while
			stop := disturb()
			took := l.push(t, quiet, fmt.Sprint(name, attempt))
			stop()
			t.Logf("beside %s: %s; alone: %s", name, took.Round(time.Millisecond), alone.Round(time.Millisecond))
			if took <= 2*alone+slack {
				return
			}
			if attempt == 6 {
				t.Errorf("beside %s: %s, want at most twice %s and %s", name, took, alone, slack)
				return
			}
			alone = max(alone, min(l.push(t, quiet, fmt.Sprint("alone", name, attempt)), slack)) // as the machine is now
		}
	}

	beside("a storm of 200 submissions", func() func() {
		l.storm(t, loud)
		return func() {}
	})

	beside("a flood of junk", func() func() {
		stop := startFlood(t, l.Addresses.NATS)
		l.eventually(t, "the flood has filled its share", func() bool {
			lag, err := l.Broker.Lag(t.Context(), broker.StreamIntake, broker.ConsumerIngestor)
			return err == nil && lag.InFlight+lag.Pending >= broker.DefaultIntakePerTenant/2
		})
		return func() { t.Logf("a flood of %s", stop()) }
	})

	remote := mute(t)
	beside("four remotes that hang", func() func() {
		for i := range 4 {
			msg, _ := submission(t, "stuck", fmt.Sprint(remote, "/", i)) // another tenant, because the rest of the flood may fill the loud one's share
			_, err := l.js.PublishMsg(t.Context(), msg)
			must(t, err)
		}
		return func() {}
	})
}

// flood commits many files to repositories that the loud tenant has, and submits them. The
// embedder stands still at the first of them.
func (l *lanes) flood(t testing.TB, model *gated, repos []*testpipe.Repo, files int) (keys []catalog.SubmissionKey) {
	t.Helper()
	for i, repo := range repos {
		tree := make(testpipe.Tree)
		for n := range files {
			tree[fmt.Sprintf("f%05d.txt", n)] = testpipe.File{Content: fmt.Sprintf("loud %d %d\n", i, n)}
		}
		repo.Commit(t, tree)
		keys = append(keys, l.askAs(t, "loud", repo))
	}
	<-model.met
	return keys
}

// askAs submits a repository as a tenant's.
func (l *lanes) askAs(t testing.TB, tenant string, repo *testpipe.Repo) catalog.SubmissionKey {
	t.Helper()
	msg, key := submission(t, tenant, repo.Dir)
	_, err := l.js.PublishMsg(t.Context(), msg)
	must(t, err)
	return key
}

// behind waits until the files of a quiet repository's revision have been read, and lets the embedder
// go. It returns how many documents of others were indexed before the last of these files.
func (l *lanes) behind(t testing.TB, model *gated, quiet *testpipe.Repo, revision, files int, keys []catalog.SubmissionKey) (before, all int) {
	t.Helper()
	id := events.RepositoryID("quiet", quiet.Dir).String()
	l.eventually(t, "the quiet tenant's files have been read", func() bool {
		return l.One(t, "select count(*)::text from documents d join tracks t on t.id = d.track where t.repository = $1 and d.state <> 'removed' and d.revision = $2", id, revision) == fmt.Sprint(files)
	})
	model.letGo()
	l.done(t, keys...)
	order := l.order(t)
	last := 0
	for i, repository := range order {
		if repository == id {
			last = i
		}
	}
	for _, repository := range order[:last] {
		if repository != id {
			before++
		}
	}
	return before, len(order)
}

// held returns how many documents the embedder and the indexer together have in hand for a tenant,
// whatever comes after them.
func (l *lanes) held() int { return 2 * l.common.InFlight }

// A tenant changes many repositories at once, and fills its window. It still leaves an equal share
// of the embedders and indexers to another's push.
func TestAPushPassesATenantThatChangesManyRepositories(t *testing.T) {
	const repos, files, window = 6, 60, 64
	model := newGated("loud")
	l := newLanes(t, model, config.Bulk{BulkFiles: 200, LiveWindow: window, BulkIngests: 4, Waiting: 64})
	start(t, l.ingest)
	stop := start(t, l.embed, l.index)
	var loud []*testpipe.Repo
	quiet := repoOf(t, 1, "quiet")
	l.done(t, l.askAs(t, "quiet", quiet))
	for i := range repos {
		loud = append(loud, repoOf(t, 1, fmt.Sprint("first", i)))
		l.done(t, l.askAs(t, "loud", loud[i]))
	}
	stop()
	start(t, l.embed, l.index) // they know from the start that there are several tenants
	indexed := len(l.order(t))
	keys := l.flood(t, model, loud, files)
	l.eventually(t, "the loud tenant waits", func() bool { return strings.Contains(l.Logs.String(), "an ingest of many files waits") })
	quiet.Commit(t, testpipe.Text("push.txt", "a push\n"))
	keys = append(keys, l.askAs(t, "quiet", quiet))
	before, all := l.behind(t, model, quiet, 2, 1, keys)
	before -= indexed - 1 // without those of the first commits
	t.Logf("%d of %d documents were indexed before the push", before, all-indexed-1)
	if most := l.held() + 16; before > most {
		t.Errorf("%d documents before the push, want at most %d", before, most)
	}
}

// In the bulk lane tenants take turns, document by document.
func TestBulkIsSharedByTenants(t *testing.T) {
	const files, few, window = 500, 20, 200
	model := newGated("loud")
	l := newLanes(t, model, config.Bulk{BulkFiles: 10, BulkWindow: window, BulkIngests: 4, Waiting: 64})
	start(t, l.ingest)
	stop := start(t, l.embed, l.index)
	for _, tenant := range []string{"quiet", "loud"} {
		l.done(t, l.askAs(t, tenant, repoOf(t, 1, "first")))
	}
	stop()
	start(t, l.embed, l.index) // they know from the start that there are several tenants
	loud := repoOf(t, files, "loud")
	keys := []catalog.SubmissionKey{l.askAs(t, "loud", loud)}
	<-model.met
	l.eventually(t, "the loud tenant waits", func() bool { return strings.Contains(l.Logs.String(), "an ingest of many files waits") })
	quiet := repoOf(t, few, "small")
	keys = append(keys, l.askAs(t, "quiet", quiet))
	before, all := l.behind(t, model, quiet, 1, few, keys)
	t.Logf("%d of %d documents were indexed before the quiet tenant's last", before, all-few)
	if most := 2 + 2*few + l.held() + 16; before > most {
		t.Errorf("%d documents before the quiet tenant's last, want at most %d", before, most)
	}
}
