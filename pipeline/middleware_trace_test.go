package pipeline_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/broker"
)

// TestEachEventContinuesTheTraceOfWhatAskedForIt sends two repositories through
// the three workers at once, so that batches hold documents of both.
func TestEachEventContinuesTheTraceOfWhatAskedForIt(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	traces := make(map[string]string) // by repository
	publisher := announce.New(p.Broker, "/test")
	for i := range 2 {
		repo := testpipe.NewRepo(t)
		tree := make(testpipe.Tree)
		for j := range 20 {
			tree[fmt.Sprintf("f%02d.txt", j)] = testpipe.File{Content: fmt.Sprintf("file %d of repository %d\n", j, i)}
		}
		repo.Commit(t, tree)
		id := fmt.Sprintf("%032x", i+1)
		traces[events.RepositoryID("default", repo.Dir).String()] = id
		if err := publisher.Publish(t.Context(), announce.Event{
			On: events.SubmittedSubject("default"), About: repo.Dir, Data: events.RepoSubmitted{URL: repo.Dir},
			Trace: announce.Trace{Parent: "00-" + id + "-b7ad6b7169203331-01", State: "vendor=" + id},
		}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	for _, step := range []struct {
		stream, consumer string
		handle           pipeline.Handler
		ledger           pipeline.Ledger
	}{
		{broker.StreamIntake, broker.ConsumerIngestor, p.Ingest.Handle, p.Ingest},
		{broker.StreamChunked, consumer, p.Embed.Handle, pipeline.DocumentLedger{Documents: p.Catalog, Generations: p.Catalog.Generations}},
		{broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, events.Live), p.Index.Handle, pipeline.DocumentLedger{Documents: p.Catalog, Generations: p.Catalog.Generations}},
	} {
		source := p.Broker.Subscriber(broker.SubscriberConfig{Stream: step.stream, Consumer: step.consumer})
		go func() {
			ended <- pipeline.Run(ctx, pipeline.Config{Letters: p.Catalog.Letters, Log: p.Logs.Logger()}, pipeline.Step{
				Worker: step.consumer, Ledger: step.ledger,
				Routes: []pipeline.Route{{Name: step.consumer, Source: source, Handle: step.handle}},
			})
		}()
	}
	counts := make(map[events.Type]int)
	// A batch may announce its documents after another batch has announced the repository.
	all := map[events.Type]int{
		events.TypeDocumentChunked: 40, events.TypeDocumentEmbedded: 40, events.TypeDocumentIndexed: 40, events.TypeRepoIndexed: 2,
	}
	missing := func() bool {
		for typ, want := range all {
			if counts[typ] < want {
				return true
			}
		}
		return false
	}
	for missing() {
		m := p.Events.Next(t)
		counts[m.Type]++
		if m.Type == events.TypeRepoSubmitted {
			continue
		}
		var repository string
		if m.Type == events.TypeRepoIndexed {
			data, err := m.ParseCompleted()
			if err != nil {
				t.Fatal(err)
			}
			repository = data.Repository
		} else {
			repository = repositoryOf(t, m)
		}
		if want := traces[repository]; len(m.TraceParent) != 55 || m.TraceParent[3:35] != want || m.TraceState != "vendor="+want {
			t.Errorf("%s on %s: trace %q, state %q, want trace id %s", m.Type, m.On, m.TraceParent, m.TraceState, want)
		}
	}
	cancel()
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// repositoryOf returns the repository of an event about a document.
func repositoryOf(t *testing.T, m pipeline.Message) string {
	t.Helper()
	var err error
	var document events.Document
	switch m.Type {
	case events.TypeDocumentChunked:
		var data events.DocumentChunked
		data, err = m.ParseChunked()
		document = data.Document
	case events.TypeDocumentEmbedded:
		var data events.DocumentEmbedded
		data, err = m.ParseEmbedded()
		document = data.Document
	case events.TypeDocumentIndexed:
		var data events.DocumentIndexed
		data, err = m.ParseIndexed()
		document = data.Document
	}
	if err != nil {
		t.Fatal(err)
	}
	return document.Repository
}
