package catalog_test

import (
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestOpenRetriesADeadPort(t *testing.T) {
	_, err := catalog.Open(t.Context(), catalog.Config{URL: "postgres://leat@127.0.0.1:1/leat"})
	assertKind(t, err, fault.KindRetry)
}

func TestOpenRejectsABadURL(t *testing.T) {
	for _, url := range []string{
		"postgres://host:port/db",
		"postgres://host/db?sslmode=sometimes",
		"postgres://%zz@host/db",
		"host=",
		"what is this",
		"host=localhost sslrootcert=/does/not/exist sslmode=verify-full",
	} {
		_, err := catalog.Open(t.Context(), catalog.Config{URL: url})
		if err == nil {
			t.Errorf("%s: opened", url)
			continue
		}
		if url != "host=" { // libpq's default host: a socket that nobody listens on
			assertKind(t, err, fault.KindReject)
		}
	}
}
