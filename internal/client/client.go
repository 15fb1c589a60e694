// Package client offers the requests of internal/service over HTTP. A gateway answers them, with
// the same answers and errors as internal/service over the stores.
//
// It owns how a request crosses the network: TLS, deadlines, the size of an answer, and which
// request may be sent twice. It holds no logic of a leat, and offers only requests that a gateway
// answers.
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
	// DefaultTimeout bounds one request. A gateway with default settings takes no longer.
	DefaultTimeout = 40 * time.Second
	// maxAnswer bounds the bytes that are read of an answer.
	maxAnswer = 64 << 20
	// maxProblem bounds the bytes that are read of an error.
	maxProblem = 64 << 10
)

// Config says where the gateway is, and who asks.
type Config struct {
	// Server is the gateway's URL, such as https://leat.example.com. http is allowed for this
	// machine alone, since it sends the token in the clear. Required.
	Server string
	// Token of leat. Required.
	Token string
	// OwnTenant makes every request one for the tenant of the token, whichever tenant the request
	// names. Default: the tenant that the request names.
	OwnTenant bool
	// Agent names the program in the gateway's log. Default: leat.
	Agent string
	// Timeout of one request. Default: DefaultTimeout.
	Timeout time.Duration
}

// Client asks a gateway. Any number of goroutines may use it.
type Client struct {
	cfg  Config
	base *url.URL
	http *http.Client
	slow *http.Client // for slow answers, which only the request's context bounds
}

// New returns a client. It asks nothing yet.
func New(cfg Config) (*Client, error) {
	base, err := CheckServer(cfg.Server)
	if err != nil {
		return nil, err
	}
	if cfg.Token == "" {
		return nil, errors.New("a gateway needs a token: set LEAT_TOKEN")
	}
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the token holds characters that no token has: copy it again")
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
		// A redirect would take the token to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	quick := *slow
	quick.Timeout = cfg.Timeout
	return &Client{cfg: cfg, base: base, http: &quick, slow: slow}, nil
}

// Close closes the connections that wait for another request.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// CheckServer parses the URL of a gateway. It refuses one to which a token would travel in the
// clear.
func CheckServer(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the server is not of the form https://HOST[:PORT]")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the server must be a scheme and a host, without a user or a query: give the token separately")
	case u.Scheme == "http" && !host.IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("http://%s would send the token in the clear: use https", u.Host)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}
