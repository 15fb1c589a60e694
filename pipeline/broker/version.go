package broker

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"

	"github.com/nats-io/nats.go"
)

// LeastServer is the first release of nats-server on which a permission to
// publish also binds the header Nats-Trace-Dest. With an older one, a client that
// may submit for one tenant can have messages written to any subject.
// Source: CVE-2026-33249, nats-server's advisory 2026-15.
const LeastServer = "2.12.6"

var release = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)(-?)`)

// Warning says why the server that the broker is connected to is unsafe, or returns
// "".
func (b *Broker) Warning() string { return warning(b.conn) }

func warning(conn *nats.Conn) string {
	version := conn.ConnectedServerVersion()
	if version == "" || !older(version, LeastServer) {
		return ""
	}
	return fmt.Sprintf("nats-server %s lets a publisher write to subjects that its permissions deny (header Nats-Trace-Dest): "+
		"run %s or newer", version, LeastServer)
}

// older reports whether version comes before least. A preview comes before its
// release. A version of another form belongs to a server that somebody built, and
// passes.
func older(version, least string) bool {
	a, b := release.FindStringSubmatch(version), release.FindStringSubmatch(least)
	if a == nil || b == nil {
		return false
	}
	for i := 1; i <= 3; i++ {
		x, _ := strconv.Atoi(a[i])
		y, _ := strconv.Atoi(b[i])
		if order := cmp.Compare(x, y); order != 0 {
			return order < 0
		}
	}
	return a[4] > b[4]
}
