package testenv

import (
	"os"
	"testing"

	"github.com/leatworks/leat/devstack/nats"
	"github.com/leatworks/leat/devstack/qdrant"
)

// NATS returns the URL of a new NATS server with JetStream, which ends with
// the test.
func NATS(t testing.TB) string {
	t.Helper()
	if given := os.Getenv("LEAT_TEST_NATS_URL"); given != "" {
		return given
	}
	s, err := nats.Start(t.Context(), nats.Config{Dir: tempDir(t), Token: "test", Fast: true})
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	closeAfter(t, s)
	return s.URL()
}

// Qdrant returns the URL of a new server of the Qdrant API, which ends with
// the test.
func Qdrant(t testing.TB) string {
	t.Helper()
	if given := os.Getenv("LEAT_QDRANT_URL"); given != "" {
		return given
	}
	s, err := qdrant.Start(qdrant.Config{Dir: tempDir(t)})
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	closeAfter(t, s)
	return "http://" + s.Addr()
}

func closeAfter(t testing.TB, s interface{ Close() error }) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
}
