package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/leatworks/leat/pipeline/git/reach"
)

// command is one run of git.
type command struct {
	args       []string
	gitDir     string      // "" runs outside any repository
	config     []setting   // on top of baseConfig
	env        []string    // on top of baseEnv
	protocol   string      // what GIT_ALLOW_PROTOCOL lists; "" allows none
	secrets    []string    // never to be seen in an error
	guarded    bool        // kill git and its children when this process dies
	lock       *os.File    // inherited, so that the lock outlives us with git
	gate       *reach.Gate // of a run that contacts a remote host
	heard      *tail       // takes what git writes to stderr; nil: one of its own
	onProgress func()      // called whenever git writes to stderr
}

type setting struct{ key, value string }

// baseConfig holds for every run. Git reads no other file of configuration than the
// mirror's own, which only leat writes.
var baseConfig = []setting{
	{"core.hooksPath", "/dev/null"},
	{"core.fsmonitor", "false"},
	{"credential.helper", ""},
	{"gc.auto", "0"},
	{"maintenance.auto", "false"},
	{"fetch.writeCommitGraph", "false"},
	// Each fetch is kept in a pack: loose objects cost a file each.
	{"fetch.unpackLimit", "1"},
	{"http.followRedirects", "initial"},
	{"http.lowSpeedLimit", "1000"},
	{"transfer.credentialsInUrl", "die"},
}

// memoryConfig bounds git's memory: larger blobs are streamed and never
// searched for deltas, and packs are mapped in small windows.
var memoryConfig = []setting{
	{"core.bigFileThreshold", "8m"},
	{"core.packedGitWindowSize", "16m"},
	{"core.packedGitLimit", "128m"},
	{"pack.windowMemory", "64m"},
	{"pack.threads", "2"},
}

// passedEnv lists the variables of our environment that git sees. The operator's proxies
// are not among them: git's only proxy is the gate, and no_proxy would lead around it.
var passedEnv = []string{
	"PATH", "TMPDIR", "SSH_AUTH_SOCK",
	"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

func (m *Mirrors) environ(c command) []string {
	env := []string{
		"LC_ALL=C",
		"HOME=" + m.home,
		"XDG_CONFIG_HOME=" + m.home,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_CEILING_DIRECTORIES=" + m.cfg.Dir, // a checkout around Dir is none of ours
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_LITERAL_PATHSPECS=1",
		"GIT_LFS_SKIP_SMUDGE=1",
		"GIT_ALLOW_PROTOCOL=" + c.protocol,
		"GIT_PROTOCOL_FROM_USER=0",
	}
	for _, name := range passedEnv {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	if c.gitDir != "" {
		env = append(env, "GIT_DIR="+c.gitDir)
	}
	n := 0
	for _, list := range [][]setting{baseConfig, memoryConfig, c.config} {
		for _, s := range list {
			env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, s.key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, s.value))
			n++
		}
	}
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(n))
	return append(env, c.env...)
}

// guard runs git under a shell with a watcher beside it. The watcher blocks on a pipe whose
// other end this process holds. When this process dies, in whatever way, the watcher kills
// the whole group: otherwise a git without a parent might download for minutes. (A
// parent-death signal would reach git but not its children.) The shell reaps the watcher, so
// that nothing is left to process 1.
//
// The shell waits for a line before it begins, because git's children have its limits only
// if git has them before it starts any.
const guard = `read _ <&3 || exit 1
(read _ <&3; kill -KILL 0) </dev/null >/dev/null 2>&1 & w=$!
git "$@" 3<&-; rc=$?
kill $w 2>/dev/null; wait $w 2>/dev/null
exit $rc`

// process is a started git.
type process struct {
	cmd      *exec.Cmd
	ctx      context.Context
	stderr   *tail
	lifeline *os.File
	verb     string
	secrets  []string
	limits   limits
	gate     *reach.Gate
	wait     func() error
}

// start starts git in a session of its own: it has no terminal to ask on, and
// can be killed with its children. The process ends with ctx.
func (m *Mirrors) start(ctx context.Context, c command, stdin bool, stdout io.Writer) (p *process, in io.WriteCloser, out io.ReadCloser, err error) {
	p = &process{ctx: ctx, stderr: &tail{notify: c.onProgress}, verb: c.args[0], secrets: c.secrets, limits: m.limits(), gate: c.gate}
	if c.heard != nil {
		p.stderr = c.heard
	}
	p.cmd = exec.CommandContext(ctx, "git", c.args...)
	if c.guarded {
		p.cmd = exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", guard, "git"}, c.args...)...)
	}
	p.cmd.Dir = m.home
	p.cmd.Env = m.environ(c)
	p.cmd.Stdout = stdout
	p.cmd.Stderr = p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.cmd.Cancel = p.kill
	p.cmd.WaitDelay = 5 * time.Second
	p.wait = sync.OnceValue(p.waitOnce)

	if c.guarded {
		watched, held, err := os.Pipe()
		if err != nil {
			return nil, nil, nil, fmt.Errorf("start git %s: %w", p.verb, err)
		}
		defer watched.Close()
		p.lifeline = held
		p.cmd.ExtraFiles = []*os.File{watched} // descriptor 3
		if c.lock != nil {
			p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, c.lock)
		}
	}
	if stdin {
		in, err = p.cmd.StdinPipe()
	}
	if err == nil && stdout == nil {
		out, err = p.cmd.StdoutPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		p.closeLifeline()
		return nil, nil, nil, fmt.Errorf("start git %s: %w", p.verb, err)
	}
	if err := p.bound(); err != nil {
		p.stop()
		return nil, nil, nil, fmt.Errorf("limit git %s: %w", p.verb, err)
	}
	return p, in, out, nil
}

// bound sets the limits of a process that has just started, and lets a guarded one begin.
// A process that is not guarded starts no children.
func (p *process) bound() error {
	if err := limit(p.cmd.Process.Pid, p.limits); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	if p.lifeline != nil {
		if _, err := p.lifeline.WriteString("\n"); err != nil && !errors.Is(err, syscall.EPIPE) {
			return err
		}
	}
	return nil
}

func (p *process) kill() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

func (p *process) waitOnce() error {
	err := p.cmd.Wait()
	p.closeLifeline()
	if err == nil {
		return nil
	}
	if cause := context.Cause(p.ctx); cause != nil {
		return fmt.Errorf("git %s: %w", p.verb, cause)
	}
	f := &failure{verb: p.verb, stderr: scrub(p.stderr.String(), p.secrets), err: err, remote: p.gate != nil}
	if p.gate != nil {
		f.cause = p.gate.Err()
	}
	if err := p.limits.exceeded(f); err != nil {
		return err
	}
	return f
}

func (p *process) closeLifeline() {
	if p.lifeline != nil {
		p.lifeline.Close()
	}
}

// stop ends a process whose output is no longer wanted.
func (p *process) stop() {
	_ = p.kill() // it may have ended already
	_ = p.wait() // killed: the error says nothing
}

// failure is the error of a run of git that failed.
type failure struct {
	verb   string
	stderr string // scrubbed, one line
	err    error
	remote bool  // stderr holds the words of another host
	cause  error // why a connection was not made
}

// Error leaves out the words of another host, because the person who submitted the URL may
// not be allowed to read them.
func (f *failure) Error() string {
	if f.remote {
		return fmt.Sprintf("git %s failed", f.verb)
	}
	return f.words()
}

func (f *failure) words() string {
	if f.stderr == "" {
		return fmt.Sprintf("git %s: %v", f.verb, f.err)
	}
	return fmt.Sprintf("git %s: %s", f.verb, f.stderr)
}

// Detail is for the operator's log.
func (f *failure) Detail() string {
	text := f.words()
	if f.cause != nil {
		text = fmt.Sprintf("%v (%s)", f.cause, text)
	}
	return visible(text)
}

func (f *failure) Unwrap() error { return f.err }

// run runs git to its end and returns its output, at most maxOutput bytes.
func (m *Mirrors) run(ctx context.Context, c command) ([]byte, error) {
	out := &limited{max: maxOutput}
	err := m.runTo(ctx, c, out)
	return out.buf.Bytes(), err
}

const maxOutput = 1 << 20

func (m *Mirrors) runTo(ctx context.Context, c command, out io.Writer) error {
	p, _, _, err := m.start(ctx, c, false, out)
	if err != nil {
		return err
	}
	return p.wait()
}

var errOutput = errors.New("more output than expected")

// limited keeps the bytes that are written to it, and refuses more than max.
type limited struct {
	buf bytes.Buffer
	max int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.buf.Len()+len(p) > l.max {
		return 0, errOutput
	}
	return l.buf.Write(p)
}

// tail keeps the last bytes written to it.
type tail struct {
	mu     sync.Mutex
	buf    []byte
	cut    bool // something was dropped
	notify func()
}

const maxTail = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - maxTail; over > 0 {
		t.buf, t.cut = append([]byte(nil), t.buf[over:]...), true
	}
	if t.notify != nil {
		t.notify()
	}
	return len(p), nil
}

// String returns the kept output from the beginning of a line on, because half a secret
// would not be recognised.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.cut {
		return string(t.buf)
	}
	first := bytes.IndexAny(t.buf, "\r\n")
	if first < 0 {
		return ""
	}
	return string(t.buf[first+1:])
}
