package host_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/host"
)

func TestCertificateEnd(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	asks := server.TLS.Clone() // for a certificate of the client
	asks.ClientAuth, asks.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
	nats := speaks(t, server.TLS, func(c net.Conn) bool {
		_, err := io.WriteString(c, "INFO {\"server_id\":\"a\",\"tls_required\":true}\r\n")
		return err == nil
	})
	postgres := func(answer string) func(net.Conn) bool {
		return func(c net.Conn) bool {
			var asked [8]byte
			if _, err := io.ReadFull(c, asked[:]); err != nil || asked != [8]byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f} {
				return false
			}
			_, err := io.WriteString(c, answer)
			return err == nil && answer == "S"
		}
	}
	database, plain := speaks(t, server.TLS, postgres("S")), speaks(t, server.TLS, postgres("N"))
	bare := speaks(t, server.TLS, func(c net.Conn) bool {
		_, _ = io.WriteString(c, "INFO {\"server_id\":\"a\"}\r\n")
		return false
	})
	name, port, _ := net.SplitHostPort(database)
	for _, address := range []string{
		server.URL, "https://" + speaks(t, asks, func(net.Conn) bool { return true }), "http://127.0.0.1:1," + server.URL,
		"nats://" + nats, "tls://u:p@" + nats, "nats://" + bare + ", nats://" + nats,
		"postgres://" + database + "/leat", "postgresql://u:p@" + plain + "," + database + "/leat?sslmode=verify-full", "host=" + name + " port='" + port + "' dbname=leat",
	} {
		end, secure, err := host.CertificateEnd(t.Context(), address)
		if err != nil || !secure || !end.Equal(server.Certificate().NotAfter) {
			t.Errorf("%s: %s, %v, %v; want %s", address, end, secure, err, server.Certificate().NotAfter)
		}
	}
	for _, address := range []string{
		"http://127.0.0.1:1", "", "nats://" + bare, "postgres://" + plain, "postgres://127.0.0.1:1/leat?sslmode=disable", "postgres:///leat?host=/run/postgresql", "host=/run/postgresql",
	} {
		if _, secure, err := host.CertificateEnd(t.Context(), address); secure || err != nil {
			t.Errorf("%s is secure: %v, %v", address, secure, err)
		}
	}
	if _, secure, err := host.CertificateEnd(t.Context(), "https://127.0.0.1:1"); !secure || err == nil {
		t.Errorf("nobody answers, and there is a certificate: %v", secure)
	}
	if _, _, err := host.CertificateEnd(t.Context(), "nats://"+speaks(t, nil, func(c net.Conn) bool {
		_, _ = io.WriteString(c, strings.Repeat("x", 1<<20))
		return false
	})); err == nil {
		t.Error("a greeting without end is one")
	}
}

// speaks serves a protocol that begins before TLS, and TLS after it if before says so.
func speaks(t *testing.T, cfg *tls.Config, before func(net.Conn) bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if before(c) {
				_ = tls.Server(c, cfg).Handshake()
			}
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}
