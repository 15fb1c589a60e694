package git

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
)

// credential is the user and password for a host.
type credential struct{ user, token string }

// secrets lists the forms in which the token could show up.
func (c credential) secrets() []string {
	return []string{c.token, base64.StdEncoding.EncodeToString([]byte(c.user + ":" + c.token))}
}

// token finds the credential for host ("name" or "name:port"): the environment
// first, then the file.
func (m *Mirrors) token(host string) (credential, bool, error) {
	if name := tokenVariable(host); name != "" {
		if value := os.Getenv(name); value != "" {
			return parseCredential(host, value), true, nil
		}
	}
	if m.cfg.TokenFile == "" {
		return credential{}, false, nil
	}
	tokens, err := readTokens(m.cfg.TokenFile)
	if err != nil {
		return credential{}, false, err
	}
	value, ok := tokens[host]
	return parseCredential(host, value), ok, nil
}

// tokenVariable names the environment variable that holds the token of host: a
// dot becomes _ and a hyphen __, so that no two hosts share a variable
// (otherwise a token would go to the owner of the other one). A host with a
// port, a literal address or an underscore has none.
func tokenVariable(host string) string {
	if strings.ContainsAny(host, ":_[") {
		return ""
	}
	return "LEAT_GIT_TOKEN_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "__").Replace(host))
}

func tokenAdvice(host string) string {
	if name := tokenVariable(host); name != "" {
		return fmt.Sprintf("set %s, or add a line %q to the token file", name, host+" TOKEN")
	}
	return fmt.Sprintf("add a line %q to the token file", host+" TOKEN")
}

// parseCredential reads "token" or "user:token".
func parseCredential(host, value string) credential {
	if user, token, found := strings.Cut(value, ":"); found {
		return credential{user, token}
	}
	return credential{basicUser(host), value}
}

// basicUser is the user name that a forge wants beside a token over HTTP.
func basicUser(host string) string {
	switch {
	case host == "github.com":
		return "x-access-token"
	case host == "bitbucket.org":
		return "x-token-auth"
	case strings.Contains(host, "gitlab"):
		return "oauth2"
	}
	return "git"
}

const maxTokenFile = 1 << 20

// readTokens reads a token file. Its errors name lines, never their content.
func readTokens(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read token file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read token file: %w", err)
	}
	// A group may read it: that is how a container platform mounts a secret.
	if info.Mode().Perm()&0o027 != 0 {
		return nil, fmt.Errorf("token file %s has mode %04o: other users can read or change it; run chmod 600 on it", path, info.Mode().Perm())
	}
	tokens := map[string]string{}
	lines := bufio.NewScanner(io.LimitReader(file, maxTokenFile))
	for number := 1; lines.Scan(); number++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("token file %s, line %d: write \"host token\" or \"host user:token\"", path, number)
		}
		tokens[strings.ToLower(fields[0])] = fields[1]
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read token file %s: %w", path, err)
	}
	return tokens, nil
}
