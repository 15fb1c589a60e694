package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/letter"
)

// rig is a set of workers on stores of the test's own. The syncer looks when a test wants it to.
type rig struct {
	*testpipe.Pipe
	js jetstream.JetStream
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{Pipe: testpipe.Open(t, testpipe.Config{})}
	conn, err := nats.Connect(r.Addresses.NATS)
	must(t, err)
	t.Cleanup(conn.Close)
	r.js, err = jetstream.New(conn)
	must(t, err)
	return r
}

// run starts the workers. They end with the test.
func (r *rig) run(t *testing.T) {
	t.Helper()
	common := config.Worker{Process: config.Process{Stores: r.Config(), DrainTimeout: 5 * time.Second}, InFlight: 16}
	ingestor := config.Ingestor{Worker: common, Git: config.Git{Dir: t.TempDir(), AllowLocal: true, MaxBytes: 1 << 30, Timeout: time.Minute}}
	ingestor.InFlight = 2
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, work := range []func() error{
		func() error { return worker.Ingest(ctx, r.Stores, ingestor, r.Logs.Logger()) },
		func() error { return worker.Embed(ctx, r.Stores, common, r.Logs.Logger()) },
		func() error { return worker.Index(ctx, r.Stores, common, r.Logs.Logger()) },
	} {
		all.Go(func() {
			if err := work(); err != nil && ctx.Err() == nil {
				t.Errorf("a worker ended: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		stop()
		all.Wait()
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await asks until the answer is yes.
func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testpipe.Patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", testpipe.Patience, what)
		}
	}
}

// publish publishes a message in the way of any client.
func (r *rig) publish(t testing.TB, subject string, header map[string]string, payload string) {
	t.Helper()
	msg := &nats.Msg{Subject: subject, Header: nats.Header{}, Data: []byte(payload)}
	for name, value := range header {
		msg.Header[name] = []string{value}
	}
	_, err := r.js.PublishMsg(t.Context(), msg)
	must(t, err)
}

// letters returns all dead letters.
func (r *rig) letters(t testing.TB) []catalog.Letter {
	t.Helper()
	list, err := r.Catalog.Letters.List(t.Context(), catalog.LetterFilter{}, 0, math.MaxInt64, 1000)
	must(t, err)
	return list
}

// awaitLetter waits until the only letter is one with an id above after, and returns it.
func (r *rig) awaitLetter(t testing.TB, after int64) (l catalog.Letter) {
	t.Helper()
	await(t, "a dead letter", func() bool {
		list := r.letters(t)
		if len(list) == 1 {
			l = list[0]
		}
		return len(list) == 1 && l.ID > after
	})
	return l
}

// submit asks for a repository and waits until it is indexed.
func (r *rig) submit(t testing.TB, tenant, url string) {
	t.Helper()
	event, err := events.New("/test", url, events.RepoSubmitted{URL: url})
	must(t, err)
	header, body, err := events.Encode(event)
	must(t, err)
	r.publish(t, events.SubmittedSubject(tenant), header, string(body))
	r.awaitIndexed(t, catalog.SubmissionKey{Tenant: tenant, Source: "/test", Event: event.ID})
}

func (r *rig) awaitIndexed(t testing.TB, key catalog.SubmissionKey) {
	t.Helper()
	await(t, "submission "+key.Event+" is indexed", func() bool {
		s, err := r.Catalog.Submissions.Status(t.Context(), key)
		if err != nil && !errors.Is(err, catalog.ErrNotFound) {
			t.Fatal(err)
		}
		if s.State == "failed" {
			t.Fatalf("submission failed: %s", s.Error)
		}
		return s.Indexed
	})
}

func (r *rig) retry(t testing.TB, id int64, want catalog.Retried) {
	t.Helper()
	got, why, err := letter.New(r.Catalog.Letters, r.Broker).Retry(t.Context(), id)
	if err != nil || got != want {
		t.Fatalf("retry of letter %d: %q %q %v, want %q", id, got, why, err, want)
	}
}

func submitted(header ...string) map[string]string {
	h := map[string]string{
		"ce-specversion": "1.0", "ce-id": rand.Text(), "ce-source": "/poison", "ce-type": string(events.TypeRepoSubmitted),
	}
	for i := 0; i < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return h
}

func TestPoisonEndsAsADeadLetterAndTheNextIsServed(t *testing.T) {
	r := newRig(t)
	r.run(t)
	// Events hold only a part of a path that is not UTF-8. Such a path must not be taken for a
	// forged one.
	good := testpipe.NewRepo(t)
	good.Commit(t, testpipe.Text("a.go", "package a\n", "b\xff.go", "package b\n"))
	r.submit(t, "acme", good.Dir)
	repository := events.RepositoryID("acme", good.Dir)
	track := events.TrackID(repository, "refs/heads/main")
	document := events.DocumentID(track, []byte("a.go"))
	r.Rows(t, "update documents set state = 'chunked', due_at = now() + interval '1 hour' where id = $1", document) // under way
	chunked := func(repository, document uuid.UUID, path string) string {
		return fmt.Sprintf(`{"tenant":"acme","repository":"%s","track":"%s","document":"%s","ref":"refs/heads/main","commit":"%s","path":"%s","revision":1,"blob":"%064d","chunks":1,"embedder":"local-384"}`,
			repository, events.TrackID(repository, "refs/heads/main"), document, strings.Repeat("a", 40), path, 0)
	}
	on := func(document uuid.UUID) string {
		return events.ChunkedSubject(events.Live, "acme", repository, document)
	}
	stranger := events.RepositoryID("acme", "https://example.com/unknown")
	const intake = "leat.repo.submitted.acme"

	for _, test := range []struct {
		name    string
		subject string
		header  map[string]string
		payload string
		worker  string
		tenant  string
		reason  string // "": no letter
	}{
		{"malformed JSON", intake, submitted(), `{"url":`, "ingestor", "acme", "not JSON"},
		{"no JSON object", intake, submitted(), `"https://example.com/a"`, "ingestor", "acme", "a JSON string where an object belongs"},
		{"no payload and a status", intake, map[string]string{"Status": "100"}, ``, "ingestor", "acme", "specversion"},
		{"no text", intake, submitted(), "\xff\xfe\x00", "ingestor", "acme", "not UTF-8"},
		{"unknown version", intake, submitted("ce-type", "leat.repo.submitted.v9"), `{"url":"https://example.com/a"}`, "ingestor", "acme", `type "leat.repo.submitted.v9"`},
		{"headers with bytes", intake, submitted("ce-id", "\xff\xfe", "X-Bytes", "\x01\x80"), `{"url":"https://example.com/a"}`, "ingestor", "acme", "not UTF-8"},
		{"a repository that does not exist", intake, submitted(), `{"url":"/no/such/repository"}`, "ingestor", "acme", "repository not found"},
		{"a URL with a token", intake, submitted(), `{"url":"https://u:hunter2@example.com/a"}`, "ingestor", "acme", "leave out user, password and token"},
		{"another tenant", intake, submitted(), `{"tenant":"rival","url":"https://example.com/a"}`, "ingestor", "acme", "published on the subject of tenant"},
		{"a tenant that cannot be", "leat.repo.submitted.ACME", submitted(), `{"url":"https://example.com/a"}`, "ingestor", "", "tenant"},
		{"malformed on a document's subject", on(document), submitted("ce-type", string(events.TypeDocumentChunked)), `{"tenant"`, "embedder", "acme", "not JSON"},
		{"an unknown type of a document", on(document), submitted("ce-type", "leat.document.moved.v1"), chunked(repository, document, "a.go"), "embedder", "acme", `type "leat.document.moved.v1"`},
		{"a document of another subject", on(uuid.New()), submitted("ce-type", string(events.TypeDocumentChunked)), chunked(repository, document, "a.go"), "embedder", "acme", "about another document"},
		{"a document that cannot exist", on(stranger), submitted("ce-type", string(events.TypeDocumentChunked)), chunked(repository, stranger, "a.go"), "embedder", "acme", "does not exist"},
		{"an embedded document that cannot exist", events.EmbeddedSubject("local-384", events.Live, "acme", repository, stranger),
			submitted("ce-type", string(events.TypeDocumentEmbedded)), chunked(repository, stranger, "a.go"), "indexer", "acme", "does not exist"},
		// These events come late from a forgotten repository.
		{"a document unknown to the catalog", events.ChunkedSubject(events.Live, "acme", stranger, events.DocumentID(events.TrackID(stranger, "refs/heads/main"), []byte("a.go"))),
			submitted("ce-type", string(events.TypeDocumentChunked)), chunked(stranger, events.DocumentID(events.TrackID(stranger, "refs/heads/main"), []byte("a.go")), "a.go"), "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r.publish(t, test.subject, test.header, test.payload)
			next := testpipe.NewRepo(t)
			next.Commit(t, testpipe.Text("next.go", "package next\n"))
			r.submit(t, "acme", next.Dir)
			if test.reason == "" {
				await(t, "the embedder has acknowledged it", func() bool {
					return r.Acknowledged(t, broker.StreamChunked, broker.ConsumerEmbedder("local-384", events.Live))
				})
				if l := r.letters(t); len(l) > 0 {
					t.Errorf("letters %+v", l)
				}
				return
			}
			l := r.awaitLetter(t, 0)
			if l.Worker != test.worker || l.Tenant != test.tenant || l.Subject != test.subject || l.Attempts != 1 || !strings.Contains(l.Reason, test.reason) {
				t.Errorf("letter of %s, tenant %q, subject %s, %d attempts: %s", l.Worker, l.Tenant, l.Subject, l.Attempts, l.Reason)
			}
			if text := fmt.Sprint(l.Headers, string(l.Payload), l.Reason); strings.Contains(text, "hunter2") {
				t.Errorf("a credential is in the letter: %s", text)
			}
			if dropped, err := r.Catalog.Letters.Drop(t.Context(), l.ID); err != nil || !dropped {
				t.Errorf("drop: %v %v", dropped, err)
			}
		})
	}
	if state := r.One(t, "select state from documents where id = $1", document); state != string(catalog.StateChunked) {
		t.Errorf("poison on its subject made the document %s", state)
	}
}

// twice delivers each message a second time after it has been acknowledged, as the server does when
// the acknowledgement is lost.
type twice struct{ message.Subscriber }

func (s twice) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for msg := range in {
			first := msg.Copy()
			first.SetContext(msg.Context())
			out <- first
			<-first.Acked()
			out <- msg
		}
	}()
	return out, nil
}

// ended is a ledger that has nothing to record.
type ended struct{}

func (ended) Delay(context.Context, pipeline.Message, string, catalog.Backoff) (int, error) {
	return 0, errors.New("not called")
}

func (ended) Bury(context.Context, pipeline.Message, string) error { return nil }

func TestRedeliveryIsOneLetter(t *testing.T) {
	r := newRig(t)
	var served atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() {
		stopped <- pipeline.Run(ctx, pipeline.Config{Letters: r.Catalog.Letters, Log: slog.New(slog.DiscardHandler), DrainTimeout: time.Second}, pipeline.Step{
			Worker: "ingestor", Ledger: ended{}, Routes: []pipeline.Route{{
				Name: "test",
				Source: twice{r.Broker.Subscriber(broker.SubscriberConfig{
					Stream: broker.StreamIntake, Consumer: broker.ConsumerIngestor, InFlight: 1, DrainTimeout: time.Second,
				})},
				Handle: func(context.Context, pipeline.Message) error {
					served.Add(1)
					return fault.Reject(errors.New("poison"))
				},
			}},
		})
	}()
	r.publish(t, "leat.repo.submitted.acme", submitted(), `{"url":"https://example.com/a"}`)
	r.publish(t, "leat.repo.submitted.acme", submitted(), `{"url":`) // not understood, and not handled
	r.publish(t, "leat.repo.submitted.acme", submitted(), `{"url":"https://example.com/a"}`)
	await(t, "the messages are acknowledged", func() bool {
		return r.Acknowledged(t, broker.StreamIntake, broker.ConsumerIngestor) && served.Load() == 4
	})
	stop()
	must(t, <-stopped)
	if l := r.letters(t); len(l) != 3 {
		t.Errorf("%d letters of three messages delivered twice", len(l))
	}
}

func TestRetryOfASubmissionWhileTheCauseStandsAndAfter(t *testing.T) {
	r := newRig(t)
	r.run(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n"))
	hidden := repo.Dir + ".hidden"
	must(t, os.Rename(repo.Dir, hidden))
	key := catalog.SubmissionKey{Tenant: "acme", Source: "/poison", Event: "build-1"}
	r.publish(t, "leat.repo.submitted.acme", submitted("ce-id", key.Event, "Nats-Msg-Id", key.Event), fmt.Sprintf(`{"url":%q}`, repo.Dir))
	first := r.awaitLetter(t, 0)
	if first.URL != repo.Dir || !first.Whole {
		t.Errorf("the letter is about %q, whole: %v", first.URL, first.Whole)
	}
	r.retry(t, first.ID, catalog.RetryDue)
	must(t, r.Sync.Look(t.Context()))
	second := r.awaitLetter(t, first.ID)

	must(t, os.Rename(hidden, repo.Dir))
	r.retry(t, second.ID, catalog.RetryDue)
	must(t, r.Sync.Look(t.Context()))
	r.awaitIndexed(t, key)
	if l := r.letters(t); len(l) != 0 {
		t.Errorf("letters are left: %+v", l)
	}
}

// A message that was never understood is published again unchanged, except for the header that
// would make JetStream drop it as a duplicate.
func TestRetryPublishesWhatWasNotUnderstood(t *testing.T) {
	r := newRig(t)
	r.run(t)
	header := submitted("ce-type", "leat.repo.submitted.v9", "Nats-Msg-Id", "once", "X-Build", "4711")
	r.publish(t, "leat.repo.submitted.acme", header, `{"url":"https://example.com/a"}`)
	first := r.awaitLetter(t, 0)
	r.retry(t, first.ID, catalog.RetryPublished)
	second := r.awaitLetter(t, first.ID)
	want := maps.Clone(header)
	delete(want, "Nats-Msg-Id")
	got := maps.Clone(second.Headers)
	maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasPrefix(name, "leat-") })
	if !maps.Equal(got, want) || string(second.Payload) != string(first.Payload) {
		t.Errorf("published %v %s, want %v %s", got, second.Payload, want, first.Payload)
	}

	r.publish(t, "leat.repo.submitted.acme", submitted(), `{"url":"https://u:hunter2@example.com/a"}`)
	await(t, "another letter", func() bool { return len(r.letters(t)) == 2 })
	r.retry(t, r.letters(t)[1].ID, catalog.RetryRefused)
	if l := r.letters(t); len(l) != 2 {
		t.Errorf("%d letters, want 2: a refused one stays", len(l))
	}
}

// A document whose stored bytes have changed fails alone, is tried again, and ends as a dead
// letter. It is indexed when the bytes are back and the letter is retried.
func TestDamageFailsOneDocumentUntilItIsMended(t *testing.T) {
	r := newRig(t)
	repo := testpipe.NewRepo(t)
	tree := testpipe.Tree{}
	for i := range 9 {
		tree[fmt.Sprintf("f%d.go", i)] = testpipe.File{Content: fmt.Sprintf("package f%d\n", i)}
	}
	commit := repo.Commit(t, tree)
	r.Submit(t, repo) // the ingestor's step alone
	mended := flip(t, r.Pipe, "f3.go")
	began := r.One(t, "select now()::text")
	r.run(t)

	document := events.DocumentID(events.TrackID(events.RepositoryID(events.DefaultTenant, repo.Dir), "refs/heads/main"), []byte("f3.go"))
	state := func() string {
		return r.One(t, "select state || ' ' || attempts || ' ' || (due_at > $2::timestamptz + interval '5 seconds' and due_at < 'infinity') from documents where id = $1", document, began)
	}
	await(t, "all but one are indexed", func() bool {
		return r.One(t, "select count(*) from documents where state = 'indexed'") == "8" && state() == "failed 1 true"
	})
	r.Rows(t, "update documents set due_at = now() + interval '1 hour' where id = $1", document) // it is tried again when the test says so
	must(t, r.Sync.Look(t.Context()))
	tracks, err := r.Catalog.Tracks(t.Context(), events.DefaultTenant)
	must(t, err)
	if n := tracks[0].Documents; tracks[0].State != "indexed" || n.Total != 9 || n.Indexed != 8 || n.Failed != 1 || n.Pending != 0 || tracks[0].Commit != commit {
		t.Errorf("status with a failed document: %+v", tracks[0])
	}
	failed, err := r.Catalog.Flow.FailedDocuments(t.Context(), tracks[0].Repository, uuid.Nil, 10)
	must(t, err)
	if len(failed) != 1 || failed[0].Path != "f3.go" || !strings.Contains(failed[0].Error, "object is corrupt") || failed[0].Due.Before(time.Now()) {
		t.Errorf("failed documents: %+v", failed)
	}

	// This is the state after eleven attempts.
	last := func() {
		r.Rows(t, "update documents set attempts = 11, due_at = now() where id = $1", document)
		must(t, r.Sync.Look(t.Context()))
	}
	last()
	first := r.awaitLetter(t, 0)
	if first.Document == nil || *first.Document != document || first.Path != "f3.go" || first.URL != repo.Dir || first.Attempts != 12 || first.Tenant != events.DefaultTenant {
		t.Errorf("letter: %+v", first)
	}
	await(t, "nothing is tried any more", func() bool {
		return r.One(t, "select due_at = 'infinity' from documents where id = $1", document) == "true"
	})

	// A retry while the cause persists begins again, and leads to a new letter.
	r.retry(t, first.ID, catalog.RetryDue)
	must(t, r.Sync.Look(t.Context()))
	await(t, "it has failed again", func() bool { return state() == "failed 1 true" })
	last()
	second := r.awaitLetter(t, first.ID)
	await(t, "nothing is tried any more", func() bool {
		return r.One(t, "select due_at = 'infinity' from documents where id = $1", document) == "true"
	})

	mended()
	r.retry(t, second.ID, catalog.RetryDue)
	must(t, r.Sync.Look(t.Context()))
	await(t, "it is indexed", func() bool { return r.One(t, "select state from documents where id = $1", document) == "indexed" })
	if report, found := r.Verify(t); !report.OK || len(r.letters(t)) != 0 {
		t.Errorf("verify: %+v %v, letters %+v", report, found, r.letters(t))
	}
}

// flip changes a byte of a document's stored content, and returns a function that changes it back.
func flip(t *testing.T, p *testpipe.Pipe, path string) (back func()) {
	t.Helper()
	where := strings.Fields(p.One(t, `select k.key, b.position, b.length from documents d join chunkings c on c.id = d.chunking
		join blobs b on b.sha256 = c.blob join packs k on k.id = b.pack where d.path = $1`, []byte(path)))
	var offset, length int
	_, err := fmt.Sscan(where[1]+" "+where[2], &offset, &length)
	must(t, err)
	change := func() {
		p.ChangeObject(t, where[0], func(content []byte) []byte {
			content[offset+length/2] ^= 1
			return content
		})
	}
	change()
	return change
}
