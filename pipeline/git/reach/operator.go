package reach

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/proxy"
)

// operator returns the proxy that the environment names for a target, or nil if it names none.
func operator(scheme, host string, port uint16) (*url.URL, error) {
	settings := httpproxy.FromEnvironment()
	all := cmp.Or(os.Getenv("ALL_PROXY"), os.Getenv("all_proxy"))
	settings.HTTPProxy, settings.HTTPSProxy = cmp.Or(settings.HTTPProxy, all), cmp.Or(settings.HTTPSProxy, all)
	found, err := settings.ProxyFunc()(&url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.Itoa(int(port)))})
	if err != nil {
		return nil, errors.New("the proxy in the environment is no URL") // err repeats it, with its password
	}
	return found, nil
}

// connectTimeout bounds the answer of the operator's proxy.
const connectTimeout = time.Minute

// through connects to a host by a proxy of HTTP (CONNECT) or SOCKS 5.
func through(ctx context.Context, by *url.URL, host string, port uint16) (net.Conn, error) {
	target := net.JoinHostPort(host, strconv.Itoa(int(port)))
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	dialer := &net.Dialer{Timeout: dialTimeout}
	switch by.Scheme {
	case "socks5", "socks5h":
		socks, err := proxy.FromURL(by, dialer)
		if err != nil {
			return nil, fmt.Errorf("proxy %s: %w", by.Host, err)
		}
		conn, err := socks.(proxy.ContextDialer).DialContext(ctx, "tcp", target)
		if err != nil {
			return nil, fmt.Errorf("connect by proxy %s: %w", by.Host, err)
		}
		return conn, nil
	case "http", "https":
	default:
		return nil, fmt.Errorf("proxy %s: the scheme %q is none of http, https, socks5 and socks5h", by.Host, by.Scheme)
	}
	address := by.Host
	if by.Port() == "" {
		address = net.JoinHostPort(by.Hostname(), map[string]string{"http": "80", "https": "443"}[by.Scheme])
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to proxy %s: %w", by.Host, err)
	}
	if by.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: by.Hostname()})
	}
	opened, err := connect(ctx, conn, by.User, target, http.Header{})
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect by proxy %s: %w", by.Host, err)
	}
	return opened, nil
}

// connect asks the proxy at the other end of conn for a tunnel.
func connect(ctx context.Context, conn net.Conn, user *url.Userinfo, target string, header http.Header) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: header}
	if user != nil {
		password, _ := user.Password()
		holder := http.Request{Header: http.Header{}}
		holder.SetBasicAuth(user.Username(), password)
		request.Header.Set("Proxy-Authorization", holder.Header.Get("Authorization"))
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	from := bufio.NewReaderSize(conn, 4<<10)
	response, err := http.ReadResponse(from, request) //nolint:bodyclose // the answer to a CONNECT has no body: the tunnel follows
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered %d", response.StatusCode)
	}
	if !stop() {
		return nil, context.Cause(ctx)
	}
	if from.Buffered() > 0 { // the other end speaks first, as ssh's does
		return early{conn, from}, nil
	}
	return conn, nil
}

// early is a connection whose first bytes have been read.
type early struct {
	net.Conn
	from *bufio.Reader
}

func (e early) Read(p []byte) (int, error) { return e.from.Read(p) }

func (e early) CloseWrite() error {
	if half, ok := e.Conn.(halfCloser); ok {
		return half.CloseWrite()
	}
	return e.Close()
}

// halfCloser is a connection that can be closed in one direction.
type halfCloser interface{ CloseWrite() error }
