package worker_test

import (
	"context"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A keeper whose interval is far away builds a generation when it is told of it.
func TestARebuildIsToldAndNotPolled(t *testing.T) {
	f := newFactory(t)
	f.work()
	f.ingest(testpipe.Text("a.txt", "one\n", "b.txt", "two\n"))
	f.settled()
	ctx, end := context.WithCancel(t.Context())
	ran := make(chan struct{})
	keeper := f.keepEvery(time.Hour)
	go func() { defer close(ran); keeper.Run(ctx) }()
	t.Cleanup(func() { end(); <-ran })

	g := f.rebuild("local-384", catalog.SourceStream)
	f.within("the generation is built", func() bool {
		// Tell it repeatedly, because the keeper may not listen yet.
		if err := f.Broker.Tell(broker.SubjectGenerations); err != nil {
			t.Fatal(err)
		}
		return f.alias() == g.Collection
	})
}
