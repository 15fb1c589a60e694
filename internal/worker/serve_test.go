package worker

import (
	"context"
	"errors"
	"testing"
)

// A model is dropped and wanted again before the worker has seen its service end. The worker goes
// on.
func TestAServiceThatIsWantedAgainIsStartedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	starts := make(chan struct{}, 2)
	wanted := []service{{"model", func(ctx context.Context) error {
		starts <- struct{}{}
		<-ctx.Done()
		return nil
	}}}
	running := make(map[string]*serving)
	for _, want := range [][]service{wanted, nil} {
		if err := reconcile(ctx, running, want); err != nil {
			t.Fatal(err)
		}
		if want != nil {
			<-starts
		}
	}
	before := running["model"]
	if before != nil { // otherwise the worker has seen it end
		<-before.done
	}
	if err := reconcile(ctx, running, wanted); err != nil {
		t.Fatal(err)
	}
	if running["model"] == before {
		t.Fatal("it is not started again")
	}
	<-starts
	cancel()
	if err := ended(running); err != nil {
		t.Error(err)
	}
}

// A service that ends by itself ends the worker with its error.
func TestAServiceThatFailsIsTold(t *testing.T) {
	broken := errors.New("broken")
	wanted := []service{{"model", func(context.Context) error { return broken }}}
	running := make(map[string]*serving)
	if err := reconcile(t.Context(), running, wanted); err != nil {
		t.Fatal(err)
	}
	<-running["model"].done
	if err := reconcile(t.Context(), running, wanted); !errors.Is(err, broken) {
		t.Errorf("reconcile: %v", err)
	}
}
