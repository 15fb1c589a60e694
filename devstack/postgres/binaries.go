package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// minMajor is the oldest major version whose server the catalog works with.
const minMajor = 13

// binVariable names the directory of the binaries to use.
const binVariable = "LEAT_POSTGRES_BIN"

// binPatterns says where packages put the binaries: Debian, Red Hat, Homebrew on either kind of Mac, Postgres.app.
var binPatterns = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/libexec/postgresql*",
}

// binaries returns the directory of the binaries: the configured one, else the machine's, else a download. major
// restricts them to the major version of existing data. 0 means any version.
func binaries(ctx context.Context, asked string, major int, log *slog.Logger) (string, error) {
	if asked == "" {
		asked = os.Getenv(binVariable)
	}
	if asked != "" {
		return checkAsked(ctx, asked, major)
	}
	dir, found := choose(ctx, installed(), major, log)
	if !found { // pg_config is a script of several processes
		dir, found = choose(ctx, named(ctx), major, log)
	}
	if found {
		return dir, nil
	}
	if err := ctx.Err(); err != nil {
		return "", err // the checks may have failed only because ctx ended
	}
	if major != 0 && major != downloadMajor {
		return "", fmt.Errorf("the data was written by Postgres %d, which this machine does not have: install it, or name its directory of binaries in %s", major, binVariable)
	}
	return fetch(ctx, log)
}

func checkAsked(ctx context.Context, dir string, major int) (string, error) {
	v, err := version(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("use the Postgres binaries in %s: %w", dir, err)
	}
	if !accepts(major, v) {
		want := fmt.Sprintf("%d or newer is needed", minMajor)
		if major != 0 {
			want = fmt.Sprintf("the data was written by Postgres %d", major)
		}
		return "", fmt.Errorf("%s holds Postgres %d, and %s", dir, v, want)
	}
	return dir, nil
}

func accepts(major, v int) bool { return v >= minMajor && (major == 0 || major == v) }

// choose returns the first of the directories whose server will do.
func choose(ctx context.Context, dirs []string, major int, log *slog.Logger) (string, bool) {
	for _, dir := range dirs {
		v, err := version(ctx, dir)
		if err == nil && accepts(major, v) {
			log.Debug("postgres found", "dir", dir, "version", v)
			return dir, true
		}
		log.Debug("postgres passed over", "dir", dir, "version", v, "error", err)
	}
	return "", false
}

// installed lists the directories that hold a server: first those on the PATH, then the known places with the newest
// version first.
func installed() []string {
	var servers []string
	if found, err := exec.LookPath("postgres"); err == nil {
		servers = append(servers, found)
	}
	var known []string
	for _, pattern := range binPatterns {
		matches, _ := filepath.Glob(pattern) // the patterns are well formed
		known = append(known, matches...)
	}
	slices.SortStableFunc(known, func(a, b string) int { return cmp.Compare(numberIn(b), numberIn(a)) })
	for _, dir := range known {
		servers = append(servers, filepath.Join(dir, "postgres"))
	}
	return serverDirs(servers)
}

// named lists the directory that pg_config names.
func named(ctx context.Context) []string {
	out, err := output(ctx, "pg_config", "--bindir")
	if err != nil {
		return nil
	}
	return serverDirs([]string{filepath.Join(out, "postgres")})
}

// serverDirs returns the directories of the postgres binaries that have an initdb beside them, with links resolved.
func serverDirs(binaries []string) []string {
	var dirs []string
	for _, bin := range binaries {
		real, err := filepath.EvalSymlinks(bin)
		if err != nil {
			continue
		}
		dir := filepath.Dir(real)
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

var (
	digits      = regexp.MustCompile(`[0-9]+`)
	versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ([0-9]+)`)
)

func numberIn(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path)) // 0 if there is none
	return n
}

// version asks the server in dir for its major version.
func version(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := output(ctx, filepath.Join(dir, "postgres"), "--version")
	if err != nil {
		return 0, err
	}
	m := versionLine.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("postgres --version says %.80q", out)
	}
	return strconv.Atoi(m[1])
}

// output runs a command that answers at once.
func output(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = childEnv()
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", name, errors.Join(err, ctx.Err()))
	}
	return strings.TrimSpace(string(out)), nil
}
