package syncer_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestALookThatFailsSaysWhy(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.Catalog.Close()
	if err := p.Sync.Look(t.Context()); err == nil || strings.Contains(err.Error(), "postgres://") {
		t.Errorf("got %v", err)
	}
}
