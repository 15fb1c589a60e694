package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/leatworks/leat/devstack/postgres"
)

// migratedVariable names a directory in which the test binaries of one run share the data of a
// Postgres. It must not outlive the run, because the schema may change.
const migratedVariable = "LEAT_TEST_MIGRATED"

// Home makes dir the data directory of a leat that has a Postgres with the catalog's schema, and
// nothing else yet. That is most of the work of a first start.
func Home(dir string) error {
	if err := migrated(filepath.Join(dir, "postgres")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "format.json"), []byte(`{"format":1}`), 0o600) // else leat takes the files for somebody else's
}

// migrated puts the data of a Postgres into dir, which need not exist: dir is that of a
// [postgres.Config] then. The database [postgres.Database] has the catalog's schema. To make such
// data takes twenty times the processor time of a copy.
func migrated(dir string) error {
	from, err := migratedData()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// The data belong to the server's user, who is another one than root.
	if out, err := exec.Command("cp", "-a", from, filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the data of a postgres: %w\n%s", err, out)
	}
	return nil
}

// migratedData returns the directory of data to copy.
func migratedData() (string, error) {
	shares := os.Getenv(migratedVariable)
	if shares == "" {
		return migratedOfProcess()
	}
	data := filepath.Join(shares, "data")
	if _, err := os.Stat(data); err == nil {
		return data, nil
	}
	half, err := os.MkdirTemp(shares, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(half)
	if err := makeMigrated(half); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(half, "data"), data); err != nil {
		if _, there := os.Stat(data); there != nil { // another process was first if it is there
			return "", err
		}
	}
	return data, nil
}

// migratedOfProcess is migratedData of a process that shares with none.
var migratedOfProcess = sync.OnceValues(func() (string, error) {
	shared.mu.Lock()
	root, err := shared.dir()
	shared.mu.Unlock()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "migrated")
	return filepath.Join(dir, "data"), makeMigrated(dir)
})

// makeMigrated makes the data in a directory.
func makeMigrated(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Config{Dir: dir, Fast: true})
	if err != nil {
		return err
	}
	return errors.Join(migrate(server.URL(postgres.Database)), server.Close())
}
