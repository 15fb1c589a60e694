package testenv

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// Front returns the address of a listener that speaks TLS, and passes the bytes on to a server that
// does not. hello, which may be nil, handles the part of the protocol before TLS. The listener ends
// with the test.
func Front(t testing.TB, secure *tls.Config, network, address string, hello func(net.Conn) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	var open sync.WaitGroup
	stop := make(chan struct{})
	serve := func(in net.Conn) {
		defer in.Close()
		if hello != nil && hello(in) != nil {
			return
		}
		encrypted := tls.Server(in, secure)
		if encrypted.Handshake() != nil {
			return
		}
		out, err := net.Dial(network, address)
		if err != nil {
			return
		}
		defer out.Close()
		ended := make(chan struct{}, 2)
		go func() { _, _ = io.Copy(out, encrypted); ended <- struct{}{} }()
		go func() { _, _ = io.Copy(encrypted, out); ended <- struct{}{} }()
		select {
		case <-ended:
		case <-stop:
		}
	}
	open.Go(func() {
		for {
			in, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				open.Go(func() { serve(in) })
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		_ = l.Close()
		open.Wait()
	})
	return l.Addr().String()
}
