package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/seal"
)

func box(t *testing.T, keys string) *seal.Box {
	t.Helper()
	b, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A sealed secret opens only with its key, for its purpose, and unchanged. It does not show the
// secret.
func TestSeal(t *testing.T) {
	key := seal.NewKey()
	b := box(t, key)
	secret := []byte("hook secret")
	sealed, err := b.Seal(secret, "hooks/1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Seal(secret, "hooks/1")
	if err != nil || bytes.Equal(sealed, again) || bytes.Contains(sealed, secret) {
		t.Errorf("sealed %x, then %x: %v", sealed, again, err)
	}
	if got, err := box(t, key).Open(sealed, "hooks/1"); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("opened %q: %v", got, err)
	}
	if _, err := b.Open(sealed, "hooks/2"); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("for another purpose: %v", err)
	}
	if _, err := box(t, seal.NewKey()).Open(sealed, "hooks/1"); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("with another key: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := b.Open(changed, "hooks/1"); !errors.Is(err, seal.ErrCannotOpen) {
			t.Errorf("with byte %d changed: %v", i, err)
		}
		if _, err := b.Open(sealed[:i], "hooks/1"); !errors.Is(err, seal.ErrCannotOpen) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

// A new key in front seals. The old one still opens.
func TestAKeyIsReplaced(t *testing.T) {
	before, after := seal.NewKey(), seal.NewKey()
	old, err := box(t, before).Seal([]byte("s"), "p")
	if err != nil {
		t.Fatal(err)
	}
	both := box(t, after+",\n"+before+"\n")
	if got, err := both.Open(old, "p"); err != nil || string(got) != "s" {
		t.Errorf("the old key: %q, %v", got, err)
	}
	sealed, err := both.Seal([]byte("s"), "p")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box(t, after).Open(sealed, "p"); err != nil {
		t.Errorf("the new key: %v", err)
	}
}

func TestNoKey(t *testing.T) {
	for name, b := range map[string]*seal.Box{"nil": nil, "empty": box(t, " \n")} {
		if _, err := b.Seal([]byte("s"), "p"); !errors.Is(err, seal.ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := b.Open([]byte("s"), "p"); !errors.Is(err, seal.ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"short", "c2hvcnQ=", strings.Repeat("A", 64), seal.NewKey() + ",secretkey"} {
		if _, err := seal.New(bad); err == nil || strings.Contains(err.Error(), "short") || strings.Contains(err.Error(), "secretkey") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
