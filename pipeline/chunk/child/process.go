package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"github.com/leatworks/leat/pipeline/chunk"
)

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	said  *head
	texts int // that it has cut
}

// start starts a child. It sees nothing of our environment, which may hold
// secrets, and is in a group of its own, which a Ctrl-C does not reach.
func start(cfg Config) (*process, error) {
	path, err := self()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	p := &process{cmd: exec.Command(path), said: &head{}}
	p.cmd.Args = os.Args[:1]
	p.cmd.Env = []string{fmt.Sprintf("%s=%d %d", variable, cfg.Memory, cfg.CPU), tunables}
	p.cmd.Dir = string(os.PathSeparator)
	p.cmd.Stderr = p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start a child for parsing: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.in.Close()
		return nil, fmt.Errorf("start a child for parsing: %w", err)
	}
	p.out = bufio.NewReaderSize(out, 64<<10)
	if err := p.cmd.Start(); err != nil {
		p.in.Close()
		out.Close()
		return nil, fmt.Errorf("start a child for parsing: %w", err)
	}
	return p, nil
}

// tunables let glibc keep the memory of one text for the next, up to 32 MiB. Otherwise it
// gives back and asks for 128 KiB at a time, which the kernel has to clear.
const tunables = "GLIBC_TUNABLES=glibc.malloc.trim_threshold=33554432:glibc.malloc.top_pad=1048576:glibc.malloc.mmap_threshold=4194304"

// cut sends the texts and waits for their cuttings. It returns those that came, and
// the error that ended them. The child is killed when ctx ends.
func (p *process) cut(ctx context.Context, texts []chunk.Text) ([]chunk.Cutting, error) {
	defer context.AfterFunc(ctx, p.kill)()
	var cuttings []chunk.Cutting
	sent := make(chan error, 1)
	go func() { sent <- writeRequests(p.in, texts) }()
	for _, t := range texts {
		one, err := readAnswer(p.out, len(t.Bytes))
		if err != nil {
			p.kill() // or the request that it does not read would wait for ever
			return cuttings, errors.Join(err, <-sent)
		}
		cuttings = append(cuttings, one)
	}
	return cuttings, <-sent
}

func (p *process) kill() { _ = p.cmd.Process.Kill() } // it may have ended already

// end kills the child, reaps it and closes its pipes. It returns what is known
// of the child's own end.
func (p *process) end() error {
	p.kill()
	p.in.Close()
	err := p.cmd.Wait()
	return fmt.Errorf("%w %s", err, p.said)
}

// head keeps the first bytes written to it, which hold the reason of a crash.
type head struct {
	mu   sync.Mutex
	text []byte
}

const maxHead = 400

func (h *head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, b[:min(len(b), maxHead-len(h.text))]...)
	return len(b), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.text)
}
