package main

import (
	"fmt"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestExplainOtherModel(t *testing.T) {
	known := catalog.Embedder{Name: "e", Dimensions: 384, Distance: "cosine"}
	other := known
	other.Dimensions = 1536
	const want = "open a model: the catalog holds vectors of embedder e (384 dimensions, cosine), and the model of that name is " +
		"e (1536 dimensions, cosine): set it back, or give the model another name and build the index anew with it " +
		"('leat rebuild --embedder NAME')"
	if got := explain(fmt.Errorf("open a model: %w", known.Check(other))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestExplainWaiting(t *testing.T) {
	waiting := &service.Approval{URL: "https://forge.test/mill", Ref: "refs/heads/main", Commit: "abcd", Removes: 1090, Documents: 12000}
	const want = "waiting for approval: would remove 1,090 of 12,000 documents of refs/heads/main: " +
		"'leat sync approve https://forge.test/mill --ref refs/heads/main' lets commit abcd through"
	if got := explainTrack(service.RepositoryStatus{Error: waiting.Text(), Waiting: waiting}); got != want {
		t.Errorf("a track: got %s", got)
	}
	if got := explainRefusal(service.Refusal{Reason: waiting.Text(), Waiting: waiting}); got != want {
		t.Errorf("a submission: got %s", got)
	}
	if got := explainTrack(service.RepositoryStatus{Error: "no such branch", Waiting: waiting}); got != "no such branch" {
		t.Errorf("another reason: got %s", got)
	}
}
