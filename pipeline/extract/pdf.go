package extract

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// Bounds for reading one PDF. First, the pages and the bytes of the text are counted. Then processor time bounds what
// is costly otherwise: a loaded machine grants processor time later, but not less of it. The deadline is only for a
// program that hangs, and the file is tried again after it.
const (
	maxCPU    = 20 * time.Second
	maxWait   = 5 * time.Minute
	maxMemory = 1 << 30 // bytes of address space
	maxPages  = 10_000  // pages of a file, which may name one page very often
	maxProbe  = 10 * time.Second
	maxProbed = 4 << 10         // bytes of the answer to --version
	killWait  = 5 * time.Second // the time for its pipes to close
)

// program is the child that reads PDF.
type program struct {
	path    string
	version string
	missing string
	attr    *syscall.SysProcAttr // keeps it off the network, where the kernel allows that
	cpu     time.Duration
	wait    time.Duration
}

const install = "install pdftotext (package poppler-utils, on a Mac poppler)"

var popplerVersion = regexp.MustCompile(`pdftotext version ([0-9][0-9.]{0,20})`)

// findProgram looks for poppler's pdftotext and asks it for its version.
func findProgram(path string) *program {
	p := &program{path: path, missing: install, cpu: maxCPU, wait: maxWait}
	if path == "" {
		found, err := exec.LookPath("pdftotext")
		if err != nil {
			return p
		}
		p.path = found
	}
	ctx, cancel := context.WithTimeout(context.Background(), maxProbe)
	defer cancel()
	for _, attr := range []*syscall.SysProcAttr{alone(), nil} {
		said, err := p.command(ctx, attr, "-v").CombinedOutput()
		said = said[:min(len(said), maxProbed)]
		match := popplerVersion.FindSubmatch(said)
		switch {
		case err != nil && match == nil:
			p.missing = fmt.Sprintf("%s: %s does not answer to -v", install, p.path)
		case match == nil || !bytes.Contains(said, []byte("oppler")): // Xpdf's program of that name has other options
			p.missing = fmt.Sprintf("%s: %s is not poppler's", install, p.path)
			return p
		default:
			p.version, p.missing, p.attr = "poppler "+string(match[1]), "", attr
			return p
		}
	}
	return p
}

// command prepares the program with an empty environment, in the root directory.
func (p *program) command(ctx context.Context, attr *syscall.SysProcAttr, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Dir = string(os.PathSeparator)
	cmd.SysProcAttr = attr
	cmd.WaitDelay = killWait
	return cmd
}

// text runs the program on a file. The program reads the file from its standard input, so it needs no path.
func (p *program) text(ctx context.Context, content []byte, most int) ([]byte, *Refusal, error) {
	if p.missing != "" {
		return nil, &Refusal{NoProgram, p.missing}, nil
	}
	running, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	out := bounded{most: most, full: cancel}
	in := gate{open: make(chan struct{}), content: bytes.NewReader(content)}
	cmd := p.command(running, p.attr, "-q", "-enc", "UTF-8", "-eol", "unix", "-l", strconv.Itoa(maxPages+1), "-", "-")
	cmd.Stdin, cmd.Stdout = in, &out
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("run pdftotext: %w", err)
	}
	limitErr := limit(cmd.Process.Pid, p.cpu)
	if limitErr != nil {
		cancel()
	}
	close(in.open)
	err := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case limitErr != nil:
		return nil, nil, fmt.Errorf("limit pdftotext: %w", limitErr)
	case len(out.kept) > most:
		return out.kept, nil, nil
	case err != nil:
		refused, err := p.failure(cmd.ProcessState, running.Err(), err)
		return nil, refused, err
	}
	if bytes.Count(out.kept, formFeed) > maxPages { // a form feed ends each page
		return nil, unreadable("it has more than %d pages", maxPages), nil
	}
	return pages(clean(out.kept)), nil, nil
}

var formFeed = []byte("\f")

// gate holds back the input of a child until its bounds are set.
type gate struct {
	open    chan struct{}
	content *bytes.Reader
}

func (g gate) Read(p []byte) (int, error) {
	<-g.open
	return g.content.Read(p)
}

// bounded keeps what is written to it, up to most bytes and one more, and reports when it is full.
type bounded struct {
	kept []byte
	most int
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.most+1-len(b.kept))]...)
	if len(b.kept) > b.most {
		b.full()
	}
	return len(p), nil
}

// failure distinguishes failures that are the file's fault from those that may not happen again.
func (p *program) failure(state *os.ProcessState, late, err error) (*Refusal, error) {
	if state == nil {
		return nil, fmt.Errorf("run pdftotext: %w", err)
	}
	status, isStatus := state.Sys().(syscall.WaitStatus)
	signaled := isStatus && status.Signaled()
	if used := state.UserTime() + state.SystemTime(); signaled && status.Signal() == tooBusy || used >= p.cpu {
		return unreadable("reading it takes more than %s of a processor", p.cpu), nil
	}
	if late != nil {
		return nil, fmt.Errorf("run pdftotext: no end after %s", p.wait)
	}
	if signaled {
		if status.Signal() == syscall.SIGKILL { // the machine sends it when memory is short; leat does not
			return nil, fmt.Errorf("run pdftotext: %w", err)
		}
		return unreadable("pdftotext breaks on it (%s)", status.Signal()), nil
	}
	switch code := state.ExitCode(); code {
	case 1:
		return unreadable("it is damaged, or asks for a password"), nil
	case 3:
		return unreadable("its permissions forbid taking text out of it"), nil
	default:
		return unreadable("pdftotext ends with %d", code), nil
	}
}

// pages puts a form feed on a line of its own before each page except the first, and leaves out empty pages at the end.
func pages(text []byte) []byte {
	list := bytes.Split(bytes.TrimRight(text, "\f\n \t"), []byte("\f"))
	var out bytes.Buffer
	for i, page := range list {
		if i > 0 {
			out.WriteString("\f\n")
		}
		out.Write(page)
		if len(page) > 0 && page[len(page)-1] != '\n' {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}
