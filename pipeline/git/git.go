package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/git/reach"
)

// Config says where mirrors are kept and what a fetch may do.
type Config struct {
	// Dir holds the mirrors, each in Dir/<id>.git. It must be an absolute path;
	// it is made, with mode 0700, if it is not there.
	Dir string
	// MaxBytes is the most that one mirror may occupy, in bytes. A fetch that
	// passes it is killed. Default: 4 GiB.
	MaxBytes int64
	// FetchTimeout bounds one Fetch as a whole, with the wait for another fetch
	// of the same mirror. Default: 10 minutes.
	FetchTimeout time.Duration
	// IdleTimeout is how long a remote may keep silent: the time to list its
	// refs, and the time between two signs of progress of a fetch.
	// Default: 2 minutes.
	IdleTimeout time.Duration
	// MaxMemory is the memory that each process of git may write to, in bytes.
	// Packs that are mapped do not count. Default: 512 MiB, enough for some two
	// million objects. Only Linux enforces this and the next two.
	MaxMemory int64
	// MaxCPU is the processor time of each process of git. Default: 10 minutes.
	MaxCPU time.Duration
	// MaxProcesses is the number of processes and threads of the user up to which
	// git may start more. The kernel counts all of the user's, and does not bind
	// root. Default: 4096.
	MaxProcesses int
	// AllowLocal accepts file:// URLs and paths of this machine. Everybody who may
	// submit can then read every repository that the process can read. Default:
	// refused.
	AllowLocal bool
	// AllowHTTP accepts http://, where content and tokens travel in the clear.
	// Default: refused.
	AllowHTTP bool
	// AllowGit accepts git://, where content travels in the clear, from a server that
	// nothing identifies. Its port is 9418. Default: refused.
	AllowGit bool
	// AllowHosts are the rules of hosts, ports and networks that may be contacted
	// beside port 22, 80 and 443 of public addresses, as reach.ParseRule reads
	// them. Default: none.
	AllowHosts []string
	// Resolve returns the addresses of a host. Default: the system's resolver.
	Resolve reach.Resolver
	// TokenFile names a file of "host token" or "host user:token" lines, read
	// again at each fetch. It must not be readable by every user of the machine.
	// Default: none.
	TokenFile string
	// SSHCommand runs ssh, and is read by a shell. Default: ssh.
	SSHCommand string
	// KnownHosts is the file of host keys that ssh trusts.
	// Default: ssh's own files, ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.
	KnownHosts string
	// KeyFile is the one private key that ssh offers.
	// Default: the agent's keys and ssh's own default files.
	KeyFile string
}

const (
	defaultMaxBytes     = 4 << 30
	defaultFetchTimeout = 10 * time.Minute
	defaultIdleTimeout  = 2 * time.Minute
)

// Mirrors keeps bare copies of remote repositories in one directory. Any
// number of goroutines and processes may share the directory.
type Mirrors struct {
	cfg  Config
	home string // an empty directory, git's HOME

	policy *reach.Policy
}

// New checks the configuration and the installed git, and makes the directory.
func New(cfg Config) (*Mirrors, error) {
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("git directory %q: give an absolute path", cfg.Dir)
	}
	if cfg.MaxBytes < 0 || cfg.MaxMemory < 0 || cfg.MaxCPU < 0 || cfg.MaxProcesses < 0 || cfg.FetchTimeout < 0 || cfg.IdleTimeout < 0 {
		return nil, errors.New("git: sizes, times and numbers must not be negative")
	}
	cfg.Dir = filepath.Clean(cfg.Dir)
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = defaultMaxBytes
	}
	if cfg.MaxMemory == 0 {
		cfg.MaxMemory = defaultMaxMemory
	}
	if cfg.MaxCPU == 0 {
		cfg.MaxCPU = defaultMaxCPU
	}
	if cfg.MaxProcesses == 0 {
		cfg.MaxProcesses = defaultMaxProcesses
	}
	if cfg.FetchTimeout == 0 {
		cfg.FetchTimeout = defaultFetchTimeout
	}
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = defaultIdleTimeout
	}
	if cfg.SSHCommand == "" {
		cfg.SSHCommand = "ssh"
	}
	if cfg.TokenFile != "" {
		if _, err := readTokens(cfg.TokenFile); err != nil {
			return nil, err
		}
	}
	rules := make([]reach.Rule, len(cfg.AllowHosts))
	for i, text := range cfg.AllowHosts {
		var err error
		if rules[i], err = reach.ParseRule(text); err != nil {
			return nil, fmt.Errorf("hosts that git may contact: %w", err)
		}
	}
	m := &Mirrors{cfg: cfg, home: filepath.Join(cfg.Dir, ".home"), policy: reach.New(cfg.Resolve, rules...)}
	if cfg.AllowGit {
		m.policy.OpenGit()
	}
	if err := os.MkdirAll(m.home, 0o700); err != nil {
		return nil, fmt.Errorf("make git directory: %w", err)
	}
	return m, m.checkVersion()
}

// The oldest git that knows cat-file --batch-command.
const minMajor, minMinor = 2, 36

func (m *Mirrors) checkVersion() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := m.run(ctx, command{args: []string{"version"}})
	if err != nil {
		return fmt.Errorf("run git: %w; install git %d.%d or newer", err, minMajor, minMinor)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "git version %d.%d", &major, &minor); err != nil {
		return fmt.Errorf("read the version of git from %q: %w", out, err)
	}
	if major < minMajor || major == minMajor && minor < minMinor {
		return fmt.Errorf("git %d.%d is installed; leat needs %d.%d or newer", major, minor, minMajor, minMinor)
	}
	return nil
}

// Open returns the mirror of id for reading. It need not exist yet; reading
// then fails.
func (m *Mirrors) Open(id string) *Repo {
	return &Repo{mirrors: m, id: id}
}

// Remove deletes the mirror of id. A mirror that does not exist is no error. A reader of
// the mirror fails with an error that can be retried.
func (m *Mirrors) Remove(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	lock, _, err := m.lock(ctx, id)
	if err != nil {
		return fmt.Errorf("remove mirror %s: %w", id, err)
	}
	defer lock.release()
	if err := m.discard(id); err != nil {
		return fmt.Errorf("remove mirror %s: %w", id, err)
	}
	return lock.remove()
}

// Size returns the bytes that the mirror of id occupies, 0 if it is not there.
func (m *Mirrors) Size(id string) (int64, error) {
	if err := checkID(id); err != nil {
		return 0, err
	}
	return dirSize(m.dir(id))
}

// Ids become file names, so nothing of a path may be in one.
var idPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

func checkID(id string) error {
	if !idPattern.MatchString(id) {
		return fault.Reject(fmt.Errorf("mirror %q: use 1 to 128 letters, digits, _ and -", id))
	}
	return nil
}

func (m *Mirrors) dir(id string) string { return filepath.Join(m.cfg.Dir, id+".git") }
