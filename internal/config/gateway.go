package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Gateway holds the flags of the gateway.
type Gateway struct {
	Process
	Door
	Git // for a repair, which reads lost texts again
}

// Check says what to change.
func (g Gateway) Check() error {
	if g.Listen == NoListen {
		return errors.New("--listen (LEAT_LISTEN) none: a gateway needs an address")
	}
	if err := g.Process.Check(); err != nil {
		return err
	}
	if g.Dir != "" { // without a directory nothing is read from git
		if err := g.Git.Check(); err != nil {
			return err
		}
	}
	return g.Door.Check()
}

// Door bounds what clients may ask of the gateway.
type Door struct {
	MaxBody     int64         `name:"max-body-bytes" env:"LEAT_MAX_BODY_BYTES" default:"1048576" placeholder:"BYTES" help:"Largest body of a request in bytes (${default})."`
	Timeout     time.Duration `name:"request-timeout" env:"LEAT_REQUEST_TIMEOUT" default:"30s" help:"Longest time that a request may take (${default}). A stream of events may take longer."`
	MaxRequests int           `name:"max-requests" env:"LEAT_MAX_REQUESTS" default:"256" placeholder:"N" help:"Requests handled at once (${default})."`
	Rate        float64       `name:"token-rate" env:"LEAT_TOKEN_RATE" default:"50" placeholder:"N" help:"Requests a second of each token, at all gateways together (${default})."`
	Burst       int           `name:"token-burst" env:"LEAT_TOKEN_BURST" default:"100" placeholder:"N" help:"Requests of a token at once, after a rest (${default})."`
	Streams     int           `name:"token-streams" env:"LEAT_TOKEN_STREAMS" default:"8" placeholder:"N" help:"Streams of events that a token may have open, in this process (${default})."`
	AllowOrigin []string      `name:"allow-origin" env:"LEAT_ALLOW_ORIGIN" placeholder:"ORIGIN" help:"Let web pages of this origin, such as https://app.example.com, use the API (CORS). May be repeated. Default: none."`
	Tools       []string      `name:"mcp-tools" env:"LEAT_MCP_TOOLS" placeholder:"NAME" help:"Tools that agents see at /mcp: ${mcp_tools}. Default: the first four."`
	TextCache   int64         `name:"text-cache-bytes" env:"LEAT_TEXT_CACHE_BYTES" default:"67108864" placeholder:"BYTES" help:"Memory in bytes for texts that were read recently (${default}). 0: none."`
	LocalPaths  bool          `name:"local-paths" env:"LEAT_LOCAL_PATHS" help:"Let tokens submit paths of the ingestor's machine, if the ingestor accepts any. Default: only an operator with the stores may submit them."`
	NATSCallout string        `name:"nats-callout" env:"LEAT_NATS_CALLOUT" type:"path" placeholder:"FILE" help:"Let tokens serve as passwords of NATS clients, with the file callout.json of 'leat nats config'. Default: they do not."`
	Session
}

// Check says what to change.
func (d Door) Check() error {
	for _, n := range []struct {
		flag  string
		value float64
	}{
		{"--max-body-bytes (LEAT_MAX_BODY_BYTES)", float64(d.MaxBody)},
		{"--max-requests (LEAT_MAX_REQUESTS)", float64(d.MaxRequests)},
		{"--token-burst (LEAT_TOKEN_BURST)", float64(d.Burst)},
		{"--token-streams (LEAT_TOKEN_STREAMS)", float64(d.Streams)},
	} {
		if n.value < 1 {
			return fmt.Errorf("%s %v: give 1 or more", n.flag, n.value)
		}
	}
	if d.TextCache < 0 {
		return fmt.Errorf("--text-cache-bytes (LEAT_TEXT_CACHE_BYTES) %d: give 0 or more", d.TextCache)
	}
	if d.Rate <= 0 {
		return fmt.Errorf("--token-rate (LEAT_TOKEN_RATE) %v: give more than 0", d.Rate)
	}
	if d.Timeout <= 0 {
		return fmt.Errorf("--request-timeout (LEAT_REQUEST_TIMEOUT) %s: give more than 0s", d.Timeout)
	}
	if err := readable("--nats-callout (LEAT_NATS_CALLOUT)", d.NATSCallout); err != nil {
		return err
	}
	if err := d.Session.Check(); err != nil {
		return err
	}
	for _, origin := range d.AllowOrigin {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.TrimSuffix(origin, "/") != u.Scheme+"://"+u.Host {
			return fmt.Errorf("--allow-origin (LEAT_ALLOW_ORIGIN) %q: give a scheme and a host alone, such as https://app.example.com", origin)
		}
	}
	return nil
}

// Origins returns the origins of AllowOrigin in the form that browsers send.
func (d Door) Origins() []string {
	origins := make([]string, len(d.AllowOrigin))
	for i, origin := range d.AllowOrigin {
		origins[i] = strings.ToLower(strings.TrimSuffix(origin, "/"))
	}
	return origins
}
