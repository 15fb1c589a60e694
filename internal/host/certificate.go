package host

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// certificateDeadline bounds the time that one server may take.
const certificateDeadline = 5 * time.Second

// CertificateEnd returns the time at which the certificate of a server ends. Addresses may name
// several servers, separated by commas; the earliest end counts. It speaks the part of NATS' or
// Postgres' protocol that comes before TLS; https has none. An address of Postgres may also be a
// list of key=value. secure is false for a server that speaks without TLS.
func CertificateEnd(ctx context.Context, addresses string) (end time.Time, secure bool, err error) {
	for _, s := range serversOf(addresses) {
		next, is, problem := s.certificateEnd(ctx)
		if is && problem == nil && (end.IsZero() || next.Before(end)) {
			end = next
		}
		secure, err = secure || is, errors.Join(err, problem)
	}
	return end, secure, err
}

// server is one address, and the protocol that comes before TLS there.
type server struct {
	name, port string
	protocol   func(net.Conn) (secure bool, err error)
}

func serversOf(addresses string) (list []server) {
	scheme, rest, isURL := strings.Cut(addresses, "://")
	switch {
	case !isURL:
		return databases(keyed(addresses))
	case scheme == "postgres" || scheme == "postgresql": // its hosts share one URL
		authority, query, _ := strings.Cut(rest, "?")
		authority, _, _ = strings.Cut(authority, "/")
		values, _ := url.ParseQuery(query)
		hosts := authority[strings.LastIndex(authority, "@")+1:]
		return databases(hosts, "", values.Get("sslmode"))
	}
	for address := range strings.SplitSeq(addresses, ",") {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil {
			continue
		}
		switch u.Scheme {
		case "https":
			list = append(list, server{u.Hostname(), cmp.Or(u.Port(), "443"), nil})
		case "nats", "tls":
			list = append(list, server{u.Hostname(), cmp.Or(u.Port(), "4222"), greetNATS})
		}
	}
	return list
}

// databases returns servers of Postgres. A host may hold its port.
func databases(hosts, ports, mode string) (list []server) {
	if mode == "disable" {
		return nil
	}
	port := strings.Split(ports, ",")
	for i, host := range strings.Split(hosts, ",") {
		name, own, err := net.SplitHostPort(host)
		if err != nil {
			name, own = strings.Trim(host, "[]"), port[min(i, len(port)-1)]
		}
		if name != "" && !strings.HasPrefix(name, "/") { // a directory of sockets
			list = append(list, server{name, cmp.Or(own, "5432"), askPostgres})
		}
	}
	return list
}

// keyed reads hosts, ports and the mode of TLS from an address like "host=a port=5432".
func keyed(address string) (hosts, ports, mode string) {
	for _, field := range strings.Fields(address) {
		key, value, _ := strings.Cut(field, "=")
		switch value = strings.Trim(value, "'"); key {
		case "host":
			hosts = value
		case "port":
			ports = value
		case "sslmode":
			mode = value
		}
	}
	return hosts, ports, mode
}

func (s server) certificateEnd(ctx context.Context) (end time.Time, secure bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, certificateDeadline)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.name, s.port))
	if err != nil {
		return end, s.protocol == nil, err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return end, s.protocol == nil, err
	}
	if s.protocol != nil {
		if secure, err := s.protocol(conn); !secure || err != nil {
			return end, secure, err
		}
	}
	// The certificate is not verified, so that one that has ended, or that another authority
	// signed, is shown too. A server that asks for a certificate of the client ends the handshake
	// after it has shown its own.
	cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, ServerName: s.name} //nolint:gosec // nothing is sent or read
	cfg.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		shown, err := x509.ParseCertificate(raw[0])
		if err == nil {
			end = shown.NotAfter
		}
		return err
	}
	if err := tls.Client(conn, cfg).HandshakeContext(ctx); err != nil && end.IsZero() {
		return end, true, err
	}
	return end, true, nil
}

// mostGreeting is longer than the greeting of a NATS server, even with the addresses of a large
// cluster.
const mostGreeting = 64 << 10

// greetNATS reads how the server introduces itself.
func greetNATS(conn net.Conn) (secure bool, err error) {
	line, err := bufio.NewReader(io.LimitReader(conn, mostGreeting)).ReadString('\n')
	if err != nil {
		return false, fmt.Errorf("read nats' greeting: %w", err)
	}
	var says struct {
		Required  bool `json:"tls_required"`
		Available bool `json:"tls_available"`
	}
	text, ok := strings.CutPrefix(line, "INFO ")
	if !ok || json.Unmarshal([]byte(text), &says) != nil {
		return false, errors.New("read nats' greeting: the server does not speak the protocol of nats")
	}
	return says.Required || says.Available, nil
}

// askPostgres asks for TLS with the protocol's SSLRequest, which the server answers by S or N.
func askPostgres(conn net.Conn) (secure bool, err error) {
	if _, err := conn.Write([]byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}); err != nil {
		return false, fmt.Errorf("ask postgres for tls: %w", err)
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return false, fmt.Errorf("ask postgres for tls: %w", err)
	}
	return answer[0] == 'S', nil
}
