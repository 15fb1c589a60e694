// Package host knows facts of the machine that a process runs on, and of the servers that
// it speaks to: memory, disks, certificates. It changes nothing.
package host

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// memoryFile is where a control group's limit is (Linux, version 2).
const memoryFile = "/sys/fs/cgroup/memory.max"

// MemoryLimit is what the process may use: what its control group allows, or else
// GOMEMLIMIT; 0 if neither bounds it.
func MemoryLimit() int64 {
	if text, err := os.ReadFile(memoryFile); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			return n
		}
	}
	if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 {
		return n
	}
	return 0
}

// CertificateEnd returns when the certificate of a server ends, of several that are
// separated by commas the one that ends first. secure is false for an address that is not
// https.
func CertificateEnd(ctx context.Context, addresses string) (end time.Time, secure bool, err error) {
	for address := range strings.SplitSeq(addresses, ",") {
		next, is, problem := certificateEnd(ctx, strings.TrimSpace(address))
		if is && problem == nil && (end.IsZero() || next.Before(end)) {
			end = next
		}
		secure, err = secure || is, errors.Join(err, problem)
	}
	return end, secure, err
}

func certificateEnd(ctx context.Context, address string) (end time.Time, secure bool, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return end, false, nil
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	// A certificate that has ended already, or that another authority made, is to be shown too.
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} //nolint:gosec // nothing is sent or read
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return end, true, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter, true, nil
}
