// Package client asks a gateway over HTTP what internal/service answers over the
// stores: the same requests and answers, and the same errors.
//
// It owns how a request crosses the network: TLS, deadlines, the size of an answer,
// and which request may be sent twice. It holds no logic of a leat: what it cannot ask a
// gateway for, it does not offer.
package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/host"
)

const (
	// DefaultTimeout bounds one request. A gateway takes no longer by default.
	DefaultTimeout = 40 * time.Second
	// maxAnswer bounds the bytes that are read of an answer.
	maxAnswer = 64 << 20
	// maxProblem bounds those of an error.
	maxProblem = 64 << 10
)

// Config says where the gateway is, and who asks.
type Config struct {
	// Server is the gateway's URL: https://leat.example.com. http is for this machine
	// alone, since it would send the token in the clear. Required.
	Server string
	// Token of leat. Required.
	Token string
	// OwnTenant makes every request one for the tenant of the token, whichever the
	// request names. Default: the tenant that the request names.
	OwnTenant bool
	// Agent names the program in the gateway's log. Default: leat.
	Agent string
	// Timeout of one request. Default: DefaultTimeout.
	Timeout time.Duration
}

// Client is one who asks a gateway. Any number of goroutines may use one.
type Client struct {
	cfg  Config
	base *url.URL
	http *http.Client
	slow *http.Client // for answers that take their time: their request's context bounds them
}

// New returns a client. It asks nothing yet.
func New(cfg Config) (*Client, error) {
	base, err := CheckServer(cfg.Server)
	if err != nil {
		return nil, err
	}
	if cfg.Token == "" {
		return nil, errors.New("a token is needed to ask a gateway")
	}
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the token holds characters that no token has: copy it anew")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Agent == "" {
		cfg.Agent = "leat"
	}
	transport, _ := http.DefaultTransport.(*http.Transport)
	slow := &http.Client{
		Transport: transport.Clone(),
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	quick := *slow
	quick.Timeout = cfg.Timeout
	return &Client{cfg: cfg, base: base, http: &quick, slow: slow}, nil
}

// Close closes the connections that wait for another request.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// CheckServer reads the URL of a gateway, and refuses one to which a token would
// travel in the clear.
func CheckServer(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the server is not of the form https://HOST[:PORT]")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the server is a scheme and a host, without a user and a query: the token has a place of its own")
	case u.Scheme == "http" && !host.IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("http://%s would send the token in the clear: use https", u.Host)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}
