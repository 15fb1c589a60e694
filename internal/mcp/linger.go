package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/sys/unix"
)

// lookForClient is the pace of checking whether a client that sends nothing more is still there.
const lookForClient = 200 * time.Millisecond

// lingering still answers a client that has closed its side, as a script does after its last
// request. The end of the client's messages comes only when all answers are sent, or when nobody
// reads them any more.
type lingering struct {
	mcp.Transport
	gone func() bool // says whether the client reads no answers
}

func (l lingering) Connect(ctx context.Context) (mcp.Connection, error) {
	c, err := l.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &owing{Connection: c, gone: l.gone, changed: make(chan struct{}, 1), open: make(map[jsonrpc.ID]bool)}, nil
}

// owing is a connection that keeps track of the requests without an answer.
type owing struct {
	mcp.Connection
	gone    func() bool
	changed chan struct{}

	mu   sync.Mutex
	open map[jsonrpc.ID]bool
}

func (o *owing) Read(ctx context.Context) (jsonrpc.Message, error) {
	message, err := o.Connection.Read(ctx)
	if r, ok := message.(*jsonrpc.Request); ok && r.IsCall() {
		o.mu.Lock()
		o.open[r.ID] = true
		o.mu.Unlock()
	} else if id, is := cancelled(message); is {
		o.answered(id) // a cancelled request may never be answered
	}
	if !errors.Is(err, io.EOF) {
		return message, err
	}
	look := time.NewTicker(lookForClient)
	defer look.Stop()
	for o.owes() && !o.gone() {
		select {
		case <-o.changed:
		case <-look.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return message, err
}

func (o *owing) Write(ctx context.Context, message jsonrpc.Message) error {
	err := o.Connection.Write(ctx, message)
	if r, ok := message.(*jsonrpc.Response); ok {
		o.answered(r.ID)
	}
	return err
}

func (o *owing) answered(id jsonrpc.ID) {
	o.mu.Lock()
	delete(o.open, id)
	o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

func (o *owing) owes() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.open) > 0
}

// cancelled returns the request that a message cancels.
func cancelled(message jsonrpc.Message) (id jsonrpc.ID, is bool) {
	r, ok := message.(*jsonrpc.Request)
	if !ok || r.Method != "notifications/cancelled" {
		return id, false
	}
	var of struct {
		RequestID any `json:"requestId"`
	}
	if json.Unmarshal(r.Params, &of) != nil {
		return id, false
	}
	id, err := jsonrpc.MakeID(of.RequestID)
	return id, err == nil
}

// stdoutGone says whether nobody reads standard output, because the other end of the pipe or socket
// is closed.
func stdoutGone() bool { return unread(os.Stdout) }

func unread(f *os.File) bool {
	list := []unix.PollFd{{Fd: int32(f.Fd())}} //nolint:gosec // a descriptor is a small number
	n, err := unix.Poll(list, 0)
	return err == nil && n > 0 && list[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
}
