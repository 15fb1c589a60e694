package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/sync/errgroup"
)

// Path is where a gateway serves the tools.
const Path = "/mcp"

// Relay passes the messages of standard input to the tools of a gateway at a URL, and
// theirs to standard output, until the client closes its side.
func Relay(ctx context.Context, server, token string) error {
	return relay(ctx, lingering{&mcp.StdioTransport{}}, &mcp.StreamableClientTransport{
		Endpoint: server + Path, DisableStandaloneSSE: true,
		HTTPClient: &http.Client{
			Transport: bearer{token},
			// A redirect would take the token elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
}

func relay(ctx context.Context, client, server mcp.Transport) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	near, err := client.Connect(ctx)
	if err != nil {
		return fmt.Errorf("open standard input: %w", err)
	}
	defer near.Close()
	far, err := server.Connect(ctx)
	if err != nil {
		return fmt.Errorf("connect to the gateway: %w", err)
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer far.Close()
		defer cancel()
		return pass(ctx, far, near)
	})
	both.Go(func() error { return pass(ctx, near, far) })
	if err := both.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// pass passes messages on until there are no more.
func pass(ctx context.Context, to, from mcp.Connection) error {
	for {
		message, err := from.Read(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := to.Write(ctx, message); err != nil {
			return err
		}
	}
}

// bearer adds the token to each request.
type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}
