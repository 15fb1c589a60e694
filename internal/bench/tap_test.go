//go:build linux

package bench

import (
	"encoding/binary"
	"io"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/iotest"
)

// A tap counts the same however the bytes are split.
func feed(t *testing.T, tap func(*tally) io.Writer, stream string) map[string]int64 {
	t.Helper()
	var whole, single tally
	if _, err := io.Copy(tap(&whole), strings.NewReader(stream)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(tap(&single), iotest.OneByteReader(strings.NewReader(stream))); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(whole.snapshot(), single.snapshot()) {
		t.Errorf("in one piece %v, byte by byte %v", whole.snapshot(), single.snapshot())
	}
	return whole.snapshot()
}

func TestHTTPTap(t *testing.T) {
	tap := func(t *tally) io.Writer { return &httpTap{tally: t} }
	const put, get, head = "PUT /b/k HTTP/1.1\r\nHost: h\r\ncontent-length: 9\r\n\r\nGET / x\r\n", "GET /b/k HTTP/1.1\r\nRange: bytes=0-1\r\n\r\n", "HEAD /b HTTP/1.1\r\n\r\n"
	for _, test := range []struct {
		stream string
		want   map[string]int64
	}{
		{put + get + put + head, map[string]int64{"PUT": 2, "GET": 1, "HEAD": 1}},
		{get + "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nGET ", map[string]int64{"GET": 1, "unread": 1}},
		{"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + get, map[string]int64{"unread": 1}},
		{strings.Repeat("x", maxHead+1), map[string]int64{"unread": 1}},
	} {
		if got := feed(t, tap, test.stream); !maps.Equal(got, test.want) {
			t.Errorf("%.40q: %v, want %v", test.stream, got, test.want)
		}
	}
}

func TestPostgresTap(t *testing.T) {
	tap := func(t *tally) io.Writer { return &postgresTap{tally: t} }
	start := func(code uint32, rest string) string {
		b := binary.BigEndian.AppendUint32(nil, uint32(8+len(rest)))
		return string(binary.BigEndian.AppendUint32(b, code)) + rest
	}
	message := func(kind byte, body string) string {
		return string(kind) + string(binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))) + body
	}
	stream := start(askTLS, "") + start(3<<16, "user\x00leat\x00\x00") +
		message('Q', "select 'E'\x00") + message('P', "QQQQ") + message('B', "") + message('E', "EEEE") + message('S', "") + message('E', "") +
		message('d', "QEQE") + message('d', "") + message('c', "") + message('X', "")
	want := map[string]int64{"statement": 3, "copy data": 2}
	if got := feed(t, tap, stream); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRelayCountsBothWays(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		store, err := listener.Accept()
		if err != nil {
			return
		}
		defer store.Close()
		_, _ = io.CopyN(io.Discard, store, 5)
		_, _ = io.WriteString(store, "answer")
	}()
	var seen strings.Builder
	r, err := newRelay("tcp", listener.Addr().String(), func() io.Writer { return &seen })
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := io.WriteString(client, "hello"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(client)
	r.Close()
	if err != nil || string(answer) != "answer" || r.sent.Load() != 5 || r.received.Load() != 6 || seen.String() != "hello" {
		t.Errorf("%q, %v, %d sent, %d received, %q seen", answer, err, r.sent.Load(), r.received.Load(), seen.String())
	}
}
