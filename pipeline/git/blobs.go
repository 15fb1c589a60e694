package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/fault"
)

// Blobs reads the contents of many blobs through one long-lived git, in the
// order in which they were requested, like an archive:
//
//	blobs.Request(oids...)
//	for {
//		blob, err := blobs.Next()
//		if err == io.EOF {
//			break
//		}
//		… read blob, or not …
//	}
//
// While one blob is read, git prepares the next, at most two windows ahead and
// no more than the pipe holds. Contents are streamed: no blob is held whole. To
// skip a large blob without paying for it, ask for Sizes first.
//
// Blobs is not safe for concurrent use. Do not use it after an error.
type Blobs struct {
	reading
	ctx      context.Context
	contents *batch
	sizes    *batch // started by the first call of Sizes that finds the other one at work
	body     *body  // of the blob that Next returned last
	err      error
}

// Blob is one content. What has not been read when Next is called is skipped.
type Blob struct {
	OID  string
	Size int64
	io.Reader
}

// Blobs starts reading. It ends with ctx or with Close.
func (r *Repo) Blobs(ctx context.Context) (*Blobs, error) {
	reading := r.reading()
	contents, err := r.batch(ctx, verbContents)
	if err != nil {
		return nil, err
	}
	return &Blobs{reading: reading, ctx: ctx, contents: contents}, nil
}

// Request adds blobs to those that Next will return.
func (b *Blobs) Request(oids ...string) {
	b.contents.queue = append(b.contents.queue, oids...)
}

// Next returns the next requested blob, and io.EOF if there is none; more may
// be requested then. The blob can be read until the next call of Next or Close.
func (b *Blobs) Next() (Blob, error) {
	if b.err == nil {
		b.err = b.skip()
	}
	if b.err != nil {
		return Blob{}, b.err
	}
	oid, size, err := b.contents.next()
	if errors.Is(err, io.EOF) {
		return Blob{}, io.EOF
	}
	if err != nil {
		b.err = b.unreadable(oid, err)
		return Blob{}, b.err
	}
	b.body = &body{blobs: b, oid: oid, left: size}
	return Blob{oid, size, b.body}, nil
}

// Sizes that stand for an object without content.
const (
	NoBlob = -1 // a tree names an object as a file that is none: a tree, a commit or a tag
	TooBig = -2 // the file was left at its source, see [Mirrors.Fetch]
)

// Sizes returns the size in bytes of each blob. It neither waits for requested
// blobs nor disturbs them.
func (b *Blobs) Sizes(oids []string) ([]int64, error) {
	if b.err != nil {
		return nil, b.err
	}
	from, err := b.infos()
	if err != nil {
		b.err = err
		return nil, err
	}
	from.queue = append(from.queue, oids...)
	sizes := make([]int64, len(oids))
	for i := range sizes {
		oid, size, err := from.next()
		switch {
		case errors.Is(err, errNoBlob):
			size, err = NoBlob, nil
		case errors.Is(err, errMissing) && isPartialMirror(b.repo.dir()):
			size, err = TooBig, nil
		}
		if err != nil {
			b.err = b.unreadable(oid, err)
			return nil, b.err
		}
		sizes[i] = size
	}
	b.contents.verb = verbContents
	return sizes, nil
}

// infos returns the git that is asked for sizes. It is that of the contents while that has nothing to
// do, because git takes longer to start than to read a small repository.
func (b *Blobs) infos() (*batch, error) {
	if b.sizes == nil && b.body == nil && b.contents.idle() {
		b.contents.verb = verbInfo
		return b.contents, nil
	}
	if b.sizes == nil {
		var err error
		if b.sizes, err = b.repo.batch(b.ctx, verbInfo); err != nil {
			return nil, err
		}
	}
	return b.sizes, nil
}

// Close ends git and releases everything. It may be called twice.
func (b *Blobs) Close() {
	b.contents.close()
	if b.sizes != nil {
		b.sizes.close()
	}
	if b.err == nil {
		b.err = errors.New("blobs are closed")
	}
}

// skip passes over the rest of the last blob, and the newline after it.
func (b *Blobs) skip() error {
	if b.body == nil {
		return nil
	}
	oid, left := b.body.oid, b.body.left
	b.body.blobs, b.body = nil, nil
	for left++; left > 0; {
		n, err := b.contents.out.Discard(int(min(left, 1<<30)))
		left -= int64(n)
		if err != nil {
			return b.unreadable(oid, b.contents.process.failed(err))
		}
	}
	return nil
}

// body is the content of the blob that Next returned last.
type body struct {
	blobs *Blobs // nil once Next has moved on
	oid   string
	left  int64
}

func (r *body) Read(p []byte) (int, error) {
	b := r.blobs
	switch {
	case b == nil:
		return 0, fmt.Errorf("read blob %s: Next has moved on", r.oid)
	case b.err != nil:
		return 0, b.err
	case r.left == 0:
		return 0, io.EOF
	}
	n, err := b.contents.out.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if err != nil {
		b.err = b.unreadable(r.oid, b.contents.process.failed(err))
	}
	return n, b.err
}

// unreadable is the error of an object that a tree names and that the mirror does not
// yield. Unless the caller gave up, the mirror cannot be trusted.
func (b *Blobs) unreadable(oid string, err error) error {
	if kind, _ := fault.Of(err); b.ctx.Err() == nil && kind != fault.KindReject {
		b.doubt()
	}
	return fmt.Errorf("read blob %s: %w", oid, err)
}

// failed says why a process's output ended early.
func (p *process) failed(err error) error {
	if errors.Is(err, io.EOF) { // it must not pass for the end of the answers
		err = io.ErrUnexpectedEOF
	}
	_ = p.kill() // it may still run, if its output made no sense
	if werr := p.wait(); werr != nil {
		return werr
	}
	return fmt.Errorf("git %s: %w", p.verb, err)
}

// batch is one `git cat-file --batch-command --buffer`. Requests go out in
// windows, each ended by a flush; git answers a window while we read it, and
// the next one already waits in its input. Its own goroutine writes, so that
// git and we never wait for each other, however small the pipes are.
type batch struct {
	verb    string // of the requests that are sent next
	process *process
	out     *bufio.Reader
	windows chan []byte // to the writer; never more than maxWindows in it
	written chan struct{}
	queue   []string // not yet sent
	sent    []string // sent and not yet answered
	open    []int    // answers left of each window sent
	closed  bool
}

// The requests that a batch sends.
const (
	verbContents = "contents"
	verbInfo     = "info"
)

// idle says that every request has been answered.
func (b *batch) idle() bool { return len(b.queue) == 0 && len(b.sent) == 0 }

var (
	errNoBlob  = errors.New("the object is no file")
	errMissing = errors.New("the mirror does not hold it")
)

const (
	maxWindows = 2
	windowSize = 256 // requests
	outputSize = 256 << 10
)

func (r *Repo) batch(ctx context.Context, verb string) (*batch, error) {
	if err := checkID(r.id); err != nil {
		return nil, err
	}
	process, in, out, err := r.mirrors.start(ctx, r.command("cat-file", "--batch-command", "--buffer"), true, nil)
	if err != nil {
		return nil, err
	}
	b := &batch{
		verb: verb, process: process, out: bufio.NewReaderSize(out, outputSize),
		windows: make(chan []byte, maxWindows), written: make(chan struct{}),
	}
	go b.write(in)
	return b, nil
}

func (b *batch) write(in io.WriteCloser) {
	defer close(b.written)
	defer in.Close()
	for window := range b.windows {
		if _, err := in.Write(window); err != nil {
			break // git has ended; whoever reads its output learns why
		}
	}
}

// send puts requests on their way while fewer than maxWindows are open.
func (b *batch) send() error {
	for len(b.open) < maxWindows && len(b.queue) > 0 {
		n := min(windowSize, len(b.queue))
		var window strings.Builder
		for _, oid := range b.queue[:n] {
			if err := checkOID(oid); err != nil {
				return err
			}
			window.WriteString(b.verb + " " + oid + "\n")
		}
		window.WriteString("flush\n")
		b.windows <- []byte(window.String())
		b.sent = append(b.sent, b.queue[:n]...)
		b.queue = b.queue[n:]
		b.open = append(b.open, n)
	}
	return nil
}

// next reads the head of the next answer: "oid SP type SP size", or "oid SP missing". It
// returns io.EOF if no request is open.
func (b *batch) next() (oid string, size int64, err error) {
	if b.closed {
		return "", 0, errors.New("blobs are closed")
	}
	if err := b.send(); err != nil {
		return "", 0, err
	}
	if len(b.sent) == 0 {
		return "", 0, io.EOF
	}
	oid, b.sent = b.sent[0], b.sent[1:]
	if b.open[0]--; b.open[0] == 0 {
		b.open = b.open[1:]
	}
	line, err := b.out.ReadSlice('\n')
	if err != nil {
		return oid, 0, b.process.failed(err)
	}
	fields := strings.Fields(string(line))
	switch {
	case len(fields) == 2 && fields[0] == oid && fields[1] == "missing":
		return oid, 0, errMissing
	case len(fields) != 3 || fields[0] != oid:
		return oid, 0, fmt.Errorf("unexpected answer %.80q", line)
	case fields[1] != "blob":
		return oid, 0, fmt.Errorf("%w: it is a %.20s", errNoBlob, fields[1])
	}
	size, err = strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return oid, 0, fmt.Errorf("unexpected size %.20q", fields[2])
	}
	return oid, size, nil
}

func (b *batch) close() {
	if b.closed {
		return
	}
	b.closed = true
	close(b.windows)
	b.process.stop()
	<-b.written
}
