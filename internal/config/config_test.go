package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/broker"
)

// parse reads flags in the way of the ingestor.
func parse(t *testing.T, args ...string) (config.Ingestor, error) {
	t.Helper()
	var cfg config.Ingestor
	parser, err := kong.New(&cfg, config.Paths(), config.Variables(kong.Vars{"listen": ":1", "in_flight": "2"}, &cfg))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return cfg, err
}

func parsed(t *testing.T, args ...string) config.Ingestor {
	t.Helper()
	cfg, err := parse(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// A glob may hold a comma and a backslash.
func TestGlobsAreTakenWhole(t *testing.T) {
	want := []string{"*.{go,md}", `a\[b`, "c,d"}
	var args []string
	for _, glob := range want {
		args = append(args, "--include", glob)
	}
	if got := parsed(t, args...).Include; !slices.Equal(got, want) {
		t.Errorf("the flags give %q, want %q", got, want)
	}
	t.Setenv("LEAT_INCLUDE", strings.Join(want, "\n"))
	if got := parsed(t).Include; !slices.Equal(got, want) {
		t.Errorf("the environment gives %q, want %q", got, want)
	}
}

func TestPathsBecomeAbsoluteAndEmptyStaysEmpty(t *testing.T) {
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"": "", "x": filepath.Join(cwd, "x"), "/y": "/y"} {
		if got := parsed(t, "--git-dir="+value).Dir; got != want {
			t.Errorf("--git-dir=%s is %q, want %q", value, got, want)
		}
		t.Setenv("LEAT_GIT_DIR", value)
		if got := parsed(t).Dir; got != want {
			t.Errorf("LEAT_GIT_DIR=%s is %q, want %q", value, got, want)
		}
	}
}

// No flag takes a secret, because every user of the machine can see flags.
func TestSecretsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("LEAT_S3_ACCESS_KEY", "a")
	t.Setenv("LEAT_S3_SECRET_KEY", "b")
	t.Setenv("LEAT_NATS_TOKEN", "c")
	t.Setenv("LEAT_QDRANT_API_KEY", "d")
	cfg := parsed(t)
	if b := cfg.Blob(); b.AccessKey != "a" || b.SecretKey != "b" {
		t.Errorf("the keys of S3 are %q and %q", b.AccessKey, b.SecretKey)
	}
	if b := cfg.Broker("x"); b.Token != "c" {
		t.Errorf("the token of NATS is %q", b.Token)
	}
	if v := cfg.Qdrant(); v.APIKey != "d" {
		t.Errorf("the API key of Qdrant is %q", v.APIKey)
	}
	for _, flag := range []string{"--s3-access-key=a", "--s3-secret-key=a", "--nats-token=a", "--qdrant-api-key=a", "--git-token=a"} {
		if _, err := parse(t, flag); err == nil {
			t.Errorf("%s is a flag", flag)
		}
	}
	cfg.S3AccessKey, cfg.S3SecretKey = "e", "f"
	if b := cfg.Blob(); b.AccessKey != "e" || b.SecretKey != "f" {
		t.Errorf("the embedded stack's keys give way to %q and %q", b.AccessKey, b.SecretKey)
	}
}

func TestCheckNamesTheFlag(t *testing.T) {
	t.Setenv("LEAT_S3_ACCESS_KEY", "a")
	t.Setenv("LEAT_S3_SECRET_KEY", "b")
	valid := []string{
		"--nats-url=nats://u:hunter2@a:4222,nats://b:4222", "--postgres-url=postgres://u:hunter2@c/d", "--s3-url=https://e/f",
		"--qdrant-url=http://g:6334", "--git-dir=/var/lib/leat",
	}
	if err := parsed(t, valid...).Check(); err != nil {
		t.Fatalf("a valid configuration: %v", err)
	}
	for _, flag := range []string{
		"--nats-url=nats://u:hunter2@a:4222,b c", "--postgres-url=", "--s3-url=e/f", "--qdrant-url=g:6334", "--index=", "--index=a.b", "--embedder=x",
		"--nats-credentials=/nosuch", "--drain-timeout=0s", "--in-flight=0", "--in-flight=1000000", "--git-dir=", "--git-max-bytes=0",
		"--git-timeout=0s", "--git-allow-host=https://h", "--git-allow-host=h:0", "--git-token-file=/nosuch", "--git-ssh-key=/nosuch", "--git-known-hosts=/nosuch", "--max-file-bytes=0",
		"--include=[", "--exclude={", "--bulk-files=0", "--bulk-window=0", "--bulk-ingests=-1", "--waiting=-1",
		"--intake-stream-mib=-1", "--chunked-stream-mib=-1", "--embedded-stream-mib=9999999999999", "--indexed-stream-mib=-1",
		"--intake-per-tenant=-1", "--stream-replicas=2", "--intake-per-tenant=99999999999",
	} {
		err := parsed(t, append(slices.Clone(valid), flag)...).Check()
		name, _, _ := strings.Cut(flag, "=")
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "LEAT_") {
			t.Errorf("%s is answered with %v", flag, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: a password is shown: %v", flag, err)
		}
	}
}

func TestStreamLimitsReachTheTopology(t *testing.T) {
	top := broker.DefaultTopology()
	parsed(t, "--chunked-stream-mib=3", "--indexed-stream-mib=7", "--intake-per-tenant=9", "--stream-replicas=3").Limit(&top)
	if top.Replicas != 3 {
		t.Errorf("%d replicas", top.Replicas)
	}
	if top.ChunkedBytes != 3<<20 || top.IndexedBytes != 7<<20 || top.IntakePerTenant != 9 {
		t.Errorf("limits of %d and %d bytes, and of %d submissions", top.ChunkedBytes, top.IndexedBytes, top.IntakePerTenant)
	}
	if top.IntakeBytes != broker.DefaultIntakeBytes || top.EmbeddedBytes != broker.DefaultEmbeddedBytes {
		t.Errorf("limits that nobody set are %d and %d bytes", top.IntakeBytes, top.EmbeddedBytes)
	}
	config.Streams{}.Limit(&top) // a configuration without flags
	if top.ChunkedBytes != 3<<20 || top.IntakePerTenant != 9 {
		t.Errorf("no limits become %d bytes and %d submissions", top.ChunkedBytes, top.IntakePerTenant)
	}
}

func TestOfASignInWhatIsMissingIsSaid(t *testing.T) {
	good := config.Session{
		PublicURL: "https://leat.example", SessionLifetime: time.Hour, OIDCIssuer: "https://login.example", OIDCClient: "leat", OIDCRole: []string{" dev=acme:read"},
	}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*config.Session){
		"--session-lifetime":        func(s *config.Session) { s.SessionLifetime = 0 },
		"--public-url (LEAT":        func(s *config.Session) { s.PublicURL = "leat.example" },
		"needs --public-url":        func(s *config.Session) { s.PublicURL = "" },
		"needs --oidc-client":       func(s *config.Session) { s.OIDCClient = "" },
		"needs --oidc-role":         func(s *config.Session) { s.OIDCRole = nil },
		"need --oidc-issuer":        func(s *config.Session) { s.OIDCIssuer = "" },
		"unknown scope \"all\"":     func(s *config.Session) { s.OIDCRole = []string{"dev=acme:all"} },
		"--oidc-client-secret-file": func(s *config.Session) { s.OIDCSecretFile = filepath.Join(t.TempDir(), "none") },
	} {
		s := good
		change(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want %s: %v", what, err)
		}
	}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good.OIDCSecretFile = file
	if secret, err := good.OIDCSecret(); err != nil || secret != "hush" {
		t.Errorf("the secret is %q, %v", secret, err)
	}
}
