//go:build linux

package bench

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"sync"
)

// tally counts requests by their kind. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (t *tally) add(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = make(map[string]int64)
	}
	t.counts[kind]++
}

func (t *tally) snapshot() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	copied := make(map[string]int64, len(t.counts))
	for kind, n := range t.counts {
		copied[kind] = n
	}
	return copied
}

// httpTap counts the requests of one HTTP/1.1 connection by their method. It understands bodies
// with a stated length; minio-go sends no others. It counts the first request that it cannot read
// as "unread", and stops there.
type httpTap struct {
	tally *tally
	head  []byte
	body  int64 // bytes still to come
	lost  bool
}

const maxHead = 64 << 10

func (t *httpTap) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 && !t.lost {
		if skip := min(t.body, int64(len(b))); skip > 0 {
			t.body -= skip
			b = b[skip:]
			continue
		}
		seen := len(t.head)
		t.head = append(t.head, b...)
		end := bytes.Index(t.head, []byte("\r\n\r\n"))
		if end < 0 {
			t.lost = len(t.head) > maxHead
			break
		}
		b = b[end+4-seen:]
		t.request(t.head[:end+2])
		t.head = t.head[:0]
	}
	if t.lost && t.head != nil {
		t.tally.add("unread")
		t.head = nil
	}
	return n, nil
}

func (t *httpTap) request(head []byte) {
	method, rest, _ := bytes.Cut(head, []byte(" "))
	for line := range bytes.Lines(rest) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			t.body, t.lost = length, err != nil || length < 0
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			t.lost = true
		}
	}
	if !t.lost {
		t.tally.add(string(method))
	}
}

// postgresTap counts the statements of one connection: simple queries, executions of prepared ones,
// and the messages of COPY data. It reads version 3 of the protocol: a start message without a
// type, then messages with a type and a length.
type postgresTap struct {
	tally   *tally
	head    []byte
	body    int64
	started bool
}

// Codes that replace the version in a start message that opens no session.
const (
	askTLS    = 80877103
	askGSS    = 80877104
	startHead = 8 // length and version
	typedHead = 5 // type and length
)

func (t *postgresTap) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if skip := min(t.body, int64(len(b))); skip > 0 {
			t.body -= skip
			b = b[skip:]
			continue
		}
		want := typedHead
		if !t.started {
			want = startHead
		}
		take := min(want-len(t.head), len(b))
		t.head, b = append(t.head, b[:take]...), b[take:]
		if len(t.head) == want {
			t.message()
			t.head = t.head[:0]
		}
	}
	return n, nil
}

func (t *postgresTap) message() {
	if !t.started {
		code := binary.BigEndian.Uint32(t.head[4:])
		t.started = code != askTLS && code != askGSS
		t.body = max(0, int64(binary.BigEndian.Uint32(t.head))-startHead)
		return
	}
	t.body = max(0, int64(binary.BigEndian.Uint32(t.head[1:]))-4)
	switch t.head[0] {
	case 'Q', 'E':
		t.tally.add("statement")
	case 'd':
		t.tally.add("copy data")
	}
}
