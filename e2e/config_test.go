//go:build linux

package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A configuration that cannot work is refused with code 2, in one line that
// names the flag, before the worker contacts any server.
func TestWrongConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	unreadable := filepath.Join(t.TempDir(), "tokens")
	valid := []string{
		"LEAT_NATS_URL=nats://127.0.0.1:1", "LEAT_POSTGRES_URL=postgres://127.0.0.1:1/x", "LEAT_S3_URL=http://127.0.0.1:1/leat",
		"LEAT_S3_ACCESS_KEY=a", "LEAT_S3_SECRET_KEY=b", "LEAT_QDRANT_URL=http://127.0.0.1:1", "LEAT_LISTEN=127.0.0.1:0",
		"LEAT_GIT_DIR=" + filepath.Join(t.TempDir(), "mirrors"),
	}
	for i, test := range []struct {
		name, worker string // "": all of them, in turn
		env          []string
		args         []string
		says         string
	}{
		{"nothing", "", []string{"LEAT_NATS_URL=", "LEAT_POSTGRES_URL=", "LEAT_S3_URL=", "LEAT_QDRANT_URL="}, nil, `set --nats-url \(LEAT_NATS_URL\), --postgres-url .*, --s3-url .*, --qdrant-url`},
		{"no keys", "", []string{"LEAT_S3_SECRET_KEY="}, nil, `LEAT_S3_SECRET_KEY`},
		{"NATS URL", "", []string{"LEAT_NATS_URL=nats://:secret@"}, nil, `--nats-url \(LEAT_NATS_URL\): it is not of the form nats://`},
		{"Postgres URL", "", []string{"LEAT_POSTGRES_URL=postgres://u:secret@host:port/x"}, nil, `--postgres-url`},
		{"S3 URL", "", []string{"LEAT_S3_URL=s3.example.org/bucket"}, nil, `--s3-url`},
		{"Qdrant URL", "", []string{"LEAT_QDRANT_URL=localhost:6334"}, nil, `--qdrant-url`},
		{"index", "", nil, []string{"--index=a.b"}, `--index`},
		{"embedder", "", nil, []string{"--embedder=nosuch"}, `--embedder .*use local-384`},
		{"in flight", "", nil, []string{"--in-flight=0"}, `--in-flight .*give 1 to`},
		{"drain timeout", "", []string{"LEAT_DRAIN_TIMEOUT=0s"}, nil, `--drain-timeout`},
		{"log level", "", []string{"LEAT_LOG_LEVEL=loud"}, nil, `--log-level`},
		{"unknown flag", "", nil, []string{"--nope"}, `unknown flag --nope`},
		{"address in use", "", []string{"LEAT_LISTEN=" + taken.Addr().String()}, nil, `--listen \(LEAT_LISTEN\).*address already in use: choose another address, or none`},
		{"no mirrors", "ingestor", []string{"LEAT_GIT_DIR="}, nil, `--git-dir`},
		{"token file", "ingestor", []string{"LEAT_GIT_TOKEN_FILE=" + unreadable}, nil, `--git-token-file .*no such file`},
		{"glob", "ingestor", []string{"LEAT_EXCLUDE=["}, nil, `--exclude`},
		{"no git", "ingestor", []string{"PATH=" + os.DevNull}, nil, `git is not installed`},
	} {
		if test.worker == "" {
			test.worker = workers[i%len(workers)]
		}
		t.Run(test.name, func(t *testing.T) {
			p := start(t, slices.Concat(valid, test.env), test.worker, test.args...)
			p.exits(2)
			lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
			last := lines[len(lines)-1]
			if !strings.HasPrefix(last, "leat-"+test.worker+": ") || !regexp.MustCompile(test.says).MatchString(last) {
				t.Errorf("%s says %q, want %s", test.worker, last, test.says)
			}
			if strings.Contains(p.log.String(), "secret") {
				t.Errorf("a password is shown: %s", p.log.String())
			}
		})
	}
}
