package git

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestFetchOverSSH(t *testing.T) {
	s := newSource(t)
	commit := s.commit("main", text("a", "1"))
	log := filepath.Join(t.TempDir(), "log")
	script := fakeSSH(t, fmt.Sprintf(`for arg; do echo "$arg"; done >> '%s'; eval "exec $last"`, log))
	m := newMirrors(t, func(cfg *Config) {
		cfg.SSHCommand = script
		cfg.KnownHosts = "/etc/leat/known hosts"
		cfg.KeyFile = "/etc/leat/key's"
	})
	remote := mustParse(t, m, "ssh://git@Example.com:2222"+s.dir)
	wantHead(t, mustFetch(t, m, "r", remote, ""), "refs/heads/main", commit)

	args := "\n" + readFile(t, log)
	for _, want := range []string{
		"-F\n/dev/null", "-o\nBatchMode=yes", "-o\nStrictHostKeyChecking=yes", "-o\nForwardAgent=no", "-o\nIdentitiesOnly=yes",
		`UserKnownHostsFile="/etc/leat/known hosts"`, `IdentityFile="/etc/leat/key's"`, "-p\n2222", "git@example.com",
		"git-upload-pack '" + s.dir + "'",
	} {
		if !strings.Contains(args, "\n"+want+"\n") {
			t.Errorf("ssh was not given %q: %s", want, args)
		}
	}
}

func TestFetchSSHErrors(t *testing.T) {
	for message, want := range map[string]error{
		"git@example.com: Permission denied (publickey).": ErrAuth,
		"Host key verification failed.":                   ErrAuth,
		"ERROR: Repository not found.":                    ErrNotFound,
	} {
		script := fakeSSH(t, fmt.Sprintf("echo '%s' >&2; exit 255", message))
		m := newMirrors(t, func(cfg *Config) { cfg.SSHCommand = script })
		_, err := m.Fetch(t.Context(), "r", mustParse(t, m, "git@example.com:a/b.git"), "")
		wantRejected(t, err, want)
		if !strings.Contains(err.Error(), "key") {
			t.Errorf("error %q does not say what to do", err)
		}
	}
}
