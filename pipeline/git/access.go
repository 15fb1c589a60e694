package git

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/leatworks/leat/pipeline/git/reach"
)

// access says how a remote is reached: the settings that git gets beside the URL.
type access struct {
	protocol string
	flags    []string
	config   []setting
	env      []string
	secrets  []string
	gate     *reach.Gate // that every connection passes; nil of a local repository

	credential credential
}

// serveLocal runs upload-pack for a local repository, which is as untrusted as a distant
// one. Its configuration may name a promisor remote whose "transport" is a command, so no
// protocol is allowed there. safe.directory lets root read a user's checkout. Git wants
// that setting in the environment of this one process, whose only repository is the named
// one, and does not pass our other settings on to it.
var serveLocal = func() string {
	words := []string{"GIT_ALLOW_PROTOCOL="}
	settings := append([]setting{{"safe.directory", "*"}}, memoryConfig...)
	for i, s := range settings {
		words = append(words, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, shellQuote(s.key)), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, shellQuote(s.value)))
	}
	words = append(words, fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)), "git", "upload-pack")
	return strings.Join(words, " ")
}()

// helper is a credential helper that answers from the environment. Unlike a
// header it is asked only for the host that the token belongs to, wherever a
// redirect leads.
const helper = `!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$LEAT_GIT_USERNAME" "$LEAT_GIT_PASSWORD"; }; f`

// access prepares the way to a remote, which the caller closes.
func (m *Mirrors) access(ctx context.Context, remote Remote) (a access, err error) {
	if remote.kind == kindLocal {
		return access{protocol: "file", flags: []string{"--upload-pack=" + serveLocal}}, nil
	}
	gate, err := reach.Open(m.policy)
	if err != nil {
		return access{}, err
	}
	switch remote.kind {
	case kindSSH:
		a, err = m.accessSSH(ctx, gate)
	case kindHTTP:
		a, err = m.accessHTTP(ctx, remote, gate)
	case kindGit:
		a, err = m.accessGit(gate)
	default:
		err = fmt.Errorf("remote %q was not made by Parse", remote.text)
	}
	if err != nil {
		gate.Close()
		return access{}, err
	}
	a.gate = gate
	return a, nil
}

func (a access) close() {
	if a.gate != nil {
		a.gate.Close()
	}
}

func (m *Mirrors) accessSSH(ctx context.Context, gate *reach.Gate) (access, error) {
	command, env, err := gate.ProxyCommand()
	if err != nil {
		return access{}, err
	}
	return access{protocol: "ssh", env: []string{"GIT_SSH_VARIANT=ssh", "GIT_SSH_COMMAND=" + m.sshCommand(command, credentialsOf(ctx).Shared), env}}, nil
}

// accessGit makes git connect through a command, which git starts without a shell. Neither
// side proves who it is, and there are no credentials.
func (m *Mirrors) accessGit(gate *reach.Gate) (access, error) {
	file, env, err := gate.Command()
	return access{protocol: "git", env: []string{"GIT_PROXY_COMMAND=" + file, env}}, err
}

func (m *Mirrors) accessHTTP(ctx context.Context, remote Remote, gate *reach.Gate) (access, error) {
	scheme, _, _ := strings.Cut(remote.text, "://")
	a := access{
		protocol: scheme,
		config: []setting{
			{"http.proxy", gate.URL()}, {"http.proxyAuthMethod", "basic"},
			{"http.lowSpeedTime", fmt.Sprint(max(1, int(m.cfg.IdleTimeout/time.Second)))},
		},
	}
	found, ok, err := m.credential(ctx, remote.host)
	if err != nil || !ok {
		return a, err
	}
	a.config = append(a.config, setting{fmt.Sprintf("credential.%s://%s.helper", scheme, remote.host), helper})
	a.env = []string{"LEAT_GIT_USERNAME=" + found.user, "LEAT_GIT_PASSWORD=" + found.token}
	a.secrets, a.credential = found.secrets(), found
	return a, nil
}

// sshCommand runs ssh without the user's and the machine's ssh configuration,
// without questions, and only to hosts whose key is known: nothing is trusted
// on first use.
func (m *Mirrors) sshCommand(proxyCommand string, shared bool) string {
	options := []string{
		"ProxyCommand=" + proxyCommand,
		"BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no",
		"ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no", "ControlMaster=no", "ControlPath=none",
		"ConnectTimeout=30", "ServerAliveInterval=15", "ServerAliveCountMax=4",
	}
	if m.cfg.KnownHosts != "" {
		options = append(options, "UserKnownHostsFile="+sshQuote(m.cfg.KnownHosts), "GlobalKnownHostsFile=/dev/null")
	}
	switch {
	case !shared: // and no key of the agent or of the user either
		options = append(options, "IdentitiesOnly=yes", "IdentityAgent=none", "IdentityFile=none")
	case m.cfg.KeyFile != "":
		options = append(options, "IdentitiesOnly=yes", "IdentityAgent=none", "IdentityFile="+sshQuote(m.cfg.KeyFile))
	}
	words := []string{m.cfg.SSHCommand, "-F", "/dev/null"}
	for _, option := range options {
		words = append(words, "-o", shellQuote(option))
	}
	return strings.Join(words, " ")
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// sshQuote quotes a path for ssh's own parser of options, which also expands %.
func sshQuote(path string) string { return `"` + strings.ReplaceAll(path, "%", "%%") + `"` }

func (a access) options(args []string) []string { return append(args, a.flags...) }

func (a access) command(args []string) command {
	return command{args: args, config: a.config, env: a.env, protocol: a.protocol, secrets: a.secrets, guarded: true, gate: a.gate}
}

func silence(d time.Duration) error { return fmt.Errorf("%w for %s", errSilent, d) }
