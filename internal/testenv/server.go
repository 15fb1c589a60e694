package testenv

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/leatworks/leat/devstack/nats"
	"github.com/leatworks/leat/devstack/qdrant"
)

// NATS returns the URL of a new NATS server with JetStream, which ends with
// the test.
func NATS(t testing.TB) string {
	t.Helper()
	if given := os.Getenv("LEAT_TEST_NATS_URL"); given != "" {
		url, err := account(given, os.Getenv("LEAT_TEST_NATS_ACCOUNTS"))
		if err != nil {
			t.Fatalf("testenv: %v", err)
		}
		return url
	}
	s, err := nats.Start(t.Context(), nats.Config{Dir: tempDir(t), Token: "test", Fast: true})
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	closeAfter(t, s)
	return s.URL()
}

// natsPassword is the password of each user of scripts/with-real-servers.
const natsPassword = "test"

// account returns the URL of a server with the user of an account that no test has used. Each
// account is a file in dir, and removing the file takes the account, because several test binaries
// run at once. Without a directory, all tests share one account.
func account(given, dir string) (string, error) {
	if dir == "" {
		return given, nil
	}
	u, err := url.Parse(given)
	if err != nil {
		return "", errors.New("parse LEAT_TEST_NATS_URL: not a URL")
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("list accounts: %w", err)
	}
	for _, file := range left {
		err := os.Remove(filepath.Join(dir, file.Name()))
		if err == nil {
			u.User = url.UserPassword(file.Name(), natsPassword)
			return u.String(), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("take an account: %w", err)
		}
	}
	return "", errors.New("no account of the NATS server is left: raise their number in scripts/with-real-servers")
}

// Qdrant returns the URL of a new server of the Qdrant API, which ends with
// the test.
func Qdrant(t testing.TB) string {
	t.Helper()
	if given := os.Getenv("LEAT_QDRANT_URL"); given != "" {
		return given
	}
	s, err := qdrant.Start(qdrant.Config{Dir: tempDir(t)})
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	closeAfter(t, s)
	return "http://" + s.Addr()
}

func closeAfter(t testing.TB, s interface{ Close() error }) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
}
