package postgres

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeBinaries returns a directory whose postgres claims to have this version.
func fakeBinaries(t *testing.T, parent, says string) string {
	t.Helper()
	dir := filepath.Join(parent, "bin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{"postgres": fmt.Sprintf("#!/bin/sh\necho '%s'\n", says), "initdb": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBinariesAreChosenByVersion(t *testing.T) {
	for name, c := range map[string]struct {
		says  string
		major int
		want  string // a part of the error; "" for success
	}{
		"any":          {"postgres (PostgreSQL) 16.2 (Debian)", 0, ""},
		"a beta":       {"postgres (PostgreSQL) 19beta1", 0, ""},
		"the data's":   {"postgres (PostgreSQL) 14.1", 14, ""},
		"another":      {"postgres (PostgreSQL) 14.1", 15, "written by Postgres 15"},
		"too old":      {"postgres (PostgreSQL) 12.9", 0, "13 or newer"},
		"not a server": {"hello", 0, "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fakeBinaries(t, t.TempDir(), c.says)
			t.Setenv(binVariable, dir)
			got, err := binaries(t.Context(), "", c.major, slog.New(slog.DiscardHandler))
			if c.want == "" && (err != nil || got != dir) {
				t.Errorf("chose %q (%v), want %q", got, err, dir)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir)) {
				t.Errorf("error %v does not name %q and %s", err, c.want, dir)
			}
		})
	}
}

// TestThePathComesFirst finds binaries through a link, and resolves it, because their libraries are looked for beside
// them.
func TestThePathComesFirst(t *testing.T) {
	dir := fakeBinaries(t, t.TempDir(), "postgres (PostgreSQL) 16.2")
	linked := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "postgres"), filepath.Join(linked, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", linked+":"+os.Getenv("PATH"))
	t.Setenv(binVariable, "")
	got, err := binaries(t.Context(), "", 0, slog.New(slog.DiscardHandler))
	if err != nil || got != dir {
		t.Errorf("chose %q (%v), want %q", got, err, dir)
	}
}

func TestPgConfigIsAskedLast(t *testing.T) {
	dir := fakeBinaries(t, t.TempDir(), "postgres (PostgreSQL) 99.1") // no place that is known has this version
	linked := t.TempDir()
	asked := filepath.Join(linked, "asked")
	script := fmt.Sprintf("#!/bin/sh\necho >>%s\necho %s\n", asked, dir)
	if err := os.WriteFile(filepath.Join(linked, "pg_config"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", linked+":"+os.Getenv("PATH"))
	t.Setenv(binVariable, "")
	got, err := binaries(t.Context(), "", 99, slog.New(slog.DiscardHandler))
	if err != nil || got != dir {
		t.Errorf("chose %q (%v), want %q", got, err, dir)
	}
	if err := os.Remove(asked); err != nil {
		t.Fatal(err)
	}
	first := fakeBinaries(t, t.TempDir(), "postgres (PostgreSQL) 16.2")
	t.Setenv("PATH", first+":"+os.Getenv("PATH"))
	got, err = binaries(t.Context(), "", 0, slog.New(slog.DiscardHandler))
	if err != nil || got != first {
		t.Errorf("chose %q (%v), want %q", got, err, first)
	}
	if _, err := os.Stat(asked); err == nil {
		t.Error("pg_config is asked where a server is found before")
	}
}
