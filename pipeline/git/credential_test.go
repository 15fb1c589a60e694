package git

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestWhoseCredentialsAFetchUses(t *testing.T) {
	t.Setenv("LEAT_GIT_TOKEN_GIT_EXAMPLE_ORG", "ours")
	m := newMirrors(t)
	broken := errors.New("broken")
	own := func(value string, err error) func(context.Context, string) (string, bool, error) {
		return func(_ context.Context, host string) (string, bool, error) {
			return value, value != "" && host == "git.example.org", err
		}
	}
	for _, test := range []struct {
		name string
		ctx  context.Context
		want string // "": none
		err  error
	}{
		{"nobody's", t.Context(), "ours", nil},
		{"a tenant's, with its own", WithCredentials(t.Context(), Credentials{Lookup: own("bot:theirs", nil)}), "theirs", nil},
		{"a tenant's, with its own and ours", WithCredentials(t.Context(), Credentials{Lookup: own("theirs", nil), Shared: true}), "theirs", nil},
		{"a tenant's, without any", WithCredentials(t.Context(), Credentials{Lookup: own("", nil)}), "", nil},
		{"a tenant's, with ours", WithCredentials(t.Context(), Credentials{Lookup: own("", nil), Shared: true}), "ours", nil},
		{"a tenant's, unreadable", WithCredentials(t.Context(), Credentials{Lookup: own("", broken), Shared: true}), "", broken},
		{"a tenant's, nothing said", WithCredentials(t.Context(), Credentials{}), "", nil},
	} {
		a, err := m.access(test.ctx, mustParse(t, m, "https://git.example.org/a/b"))
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		env := strings.Join(a.env, " ")
		a.close()
		if got := strings.Contains(env, "LEAT_GIT_PASSWORD="+test.want); test.want != "" && !got || test.want == "" && strings.Contains(env, "PASSWORD") {
			t.Errorf("%s: %s", test.name, env)
		}
	}
}

// A tenant that does not share the installation's credentials does not use its key either.
func TestAKeyOfTheInstallationIsNotLent(t *testing.T) {
	m := newMirrors(t)
	m.cfg.KeyFile = "/run/secrets/key"
	for shared, want := range map[bool]string{true: "/run/secrets/key", false: "IdentityFile=none"} {
		a, err := m.access(WithCredentials(t.Context(), Credentials{Shared: shared}), mustParse(t, m, "ssh://git@git.example.org/a"))
		if err != nil {
			t.Fatal(err)
		}
		env := strings.Join(a.env, " ")
		a.close()
		if !strings.Contains(env, want) || !strings.Contains(env, "IdentityAgent=none") || !shared && strings.Contains(env, "/run/secrets") {
			t.Errorf("shared %v: %s", shared, env)
		}
	}
}
