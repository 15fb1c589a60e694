package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/sync/errgroup"
)

// Path is where a gateway serves the tools.
const Path = "/mcp"

// Relay passes the messages of standard input to the tools of a gateway at a URL, and their
// messages to standard output, until the client closes its side.
func Relay(ctx context.Context, server, token string) error {
	return relay(ctx, lingering{&mcp.StdioTransport{}, stdoutGone}, &mcp.StreamableClientTransport{
		Endpoint: server + Path, DisableStandaloneSSE: true,
		HTTPClient: &http.Client{
			Transport: bearer{token},
			// A redirect would take the token to another host.
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
	calls := calls{open: make(map[jsonrpc.ID]context.CancelFunc)}
	both.Go(func() error {
		defer far.Close()
		defer cancel()
		return pass(ctx, near, func(message jsonrpc.Message) error { return calls.send(ctx, far, message, both) })
	})
	both.Go(func() error {
		return pass(ctx, far, func(message jsonrpc.Message) error {
			if r, ok := message.(*jsonrpc.Response); ok {
				defer calls.end(r.ID)
			}
			return near.Write(ctx, message)
		})
	})
	if err := both.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// pass passes messages on until there are no more.
func pass(ctx context.Context, from mcp.Connection, send func(jsonrpc.Message) error) error {
	for {
		message, err := from.Read(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := send(message); err != nil {
			return err
		}
	}
}

// calls are the requests of a client that have no answer yet, each with the function that gives it
// up. A gateway keeps no sessions, so no message can cancel an earlier request: the HTTP request
// itself has to end.
type calls struct {
	mu   sync.Mutex
	open map[jsonrpc.ID]context.CancelFunc
}

// send passes a message of the client on. It sends calls in parallel, because the gateway may take
// long to answer.
func (c *calls) send(ctx context.Context, to mcp.Connection, message jsonrpc.Message, group *errgroup.Group) error {
	if id, is := cancelled(message); is {
		c.end(id)
		return nil
	}
	r, ok := message.(*jsonrpc.Request)
	if !ok || !r.IsCall() {
		return to.Write(ctx, message)
	}
	one, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	c.open[r.ID] = cancel
	c.mu.Unlock()
	group.Go(func() error {
		if err := to.Write(one, message); err != nil && one.Err() == nil {
			return err
		}
		return nil
	})
	return nil
}

// end gives up a call that has been answered, or that nobody waits for.
func (c *calls) end(id jsonrpc.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, found := c.open[id]; found {
		cancel()
		delete(c.open, id)
	}
}

// bearer adds the token to each request.
type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}
