package embed

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/leatworks/leat/pipeline/catalog"
)

// No usage is lost when a meter is closed during a write that fails: close writes the same usage again.
func TestUsageSurvivesAFlushThatFailsDuringClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail, writes, texts := make(chan error), 0, int64(0)
		m := newMeter(func(_ context.Context, list []catalog.Consumption) error {
			if writes++; writes == 1 {
				return <-fail
			}
			for _, c := range list {
				texts += c.Texts
			}
			return nil
		}, nil)
		m.embedded([]text{{owner: owner{tenant: "a"}}, {owner: owner{tenant: "b"}}}, [][]float32{{1}, {1}}, nil)
		go m.flush(t.Context())
		synctest.Wait() // it writes
		closed := make(chan struct{})
		go func() { m.close(); close(closed) }()
		synctest.Wait() // closing waits, or has given up
		fail <- errors.New("the catalog is down")
		<-closed
		if texts != 2 {
			t.Errorf("%d texts were written, want 2", texts)
		}
	})
}

// Texts that a local model refuses cost nothing, and leave no row.
func TestRefusedTextsAreNoUsage(t *testing.T) {
	var written []catalog.Consumption
	m := newMeter(func(_ context.Context, list []catalog.Consumption) error {
		written = append(written, list...)
		return nil
	}, nil)
	refused, embedded := owner{tenant: "a"}, owner{tenant: "b"}
	m.embedded([]text{{owner: refused}}, nil, nil)
	m.flush(t.Context())
	if len(written) > 0 {
		t.Errorf("written: %+v", written)
	}
	m.embedded([]text{{owner: refused}, {owner: embedded}}, [][]float32{nil, {1}}, nil)
	m.close()
	if len(written) != 1 || written[0].Tenant != "b" || written[0].Texts != 1 {
		t.Errorf("written: %+v", written)
	}
}
