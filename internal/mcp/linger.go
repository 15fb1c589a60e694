package mcp

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// lingering lets a client that has closed its side, as a script does after its last
// request, still have its answers: the end of its messages comes when all are sent.
type lingering struct{ mcp.Transport }

func (l lingering) Connect(ctx context.Context) (mcp.Connection, error) {
	c, err := l.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	owing := &owing{Connection: c, changed: make(chan struct{}, 1)}
	return owing, nil
}

// owing is a connection that counts the requests without an answer.
type owing struct {
	mcp.Connection
	changed chan struct{}

	mu   sync.Mutex
	open int
}

func (o *owing) Read(ctx context.Context) (jsonrpc.Message, error) {
	message, err := o.Connection.Read(ctx)
	if r, ok := message.(*jsonrpc.Request); ok && r.IsCall() {
		o.add(1)
	}
	if !errors.Is(err, io.EOF) {
		return message, err
	}
	for o.add(0) > 0 {
		select {
		case <-o.changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return message, err
}

func (o *owing) Write(ctx context.Context, message jsonrpc.Message) error {
	err := o.Connection.Write(ctx, message)
	if _, ok := message.(*jsonrpc.Response); ok {
		o.add(-1)
		select {
		case o.changed <- struct{}{}:
		default:
		}
	}
	return err
}

func (o *owing) add(n int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open += n
	return o.open
}
