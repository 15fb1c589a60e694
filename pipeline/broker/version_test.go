package broker_test

import (
	"bufio"
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/broker"
)

// pose listens as a server of the given version that does nothing but answer pings.
func pose(t *testing.T, version string) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "INFO {\"server_id\":\"X\",\"version\":%q,\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n", version)
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if lines.Text() == "PING" {
				fmt.Fprint(conn, "PONG\r\n")
			}
		}
	}()
	return "nats://" + listener.Addr().String()
}

func TestAnOldServerIsWarnedOf(t *testing.T) {
	t.Parallel()
	for version, old := range map[string]bool{
		"2.9.25": true, "2.12.1": true, "2.12.6-preview.1": true, "2.12.6": false, "2.12.10": false, "2.15.2": false, "3.0.0": false, "dev": false, "": false,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			b, err := broker.Connect(t.Context(), broker.Config{URL: pose(t, version)}, slog.New(slog.NewTextHandler(&logged, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			for _, told := range []string{b.Warning(), logged.String()} {
				if strings.Contains(told, "nats-server "+version) != old {
					t.Errorf("told %q", told)
				}
			}
		})
	}
}
