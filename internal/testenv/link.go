package testenv

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/leatworks/leat/internal/relay"
)

// NewLink returns a link to a server. It simulates a network that fails, or a server whose address
// changes. It ends with the test.
func NewLink(t testing.TB, network, address string) *relay.Relay {
	t.Helper()
	link, err := relay.New()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(link.Close)
	link.Lead(network, address)
	return link
}

// PostgresAddress is the address of the server that a database's URL names, for net.Dial.
func PostgresAddress(t testing.TB, database string) (network, address string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatalf("testenv: the address of the database is not a URL")
	}
	if host := u.Query().Get("host"); filepath.IsAbs(host) {
		return "unix", filepath.Join(host, ".s.PGSQL."+u.Query().Get("port"))
	}
	return "tcp", u.Host
}
