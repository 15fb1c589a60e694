// Package config holds the flags and environment variables of leat's commands,
// and turns them into the configurations of the packages they are for.
//
// Secrets have no flag, since a flag is shown to every user of the machine:
// they come from the environment, or from a file that a flag names.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/vector"
)

// Stores says where the four stores are.
type Stores struct {
	NATSURL         string `name:"nats-url" env:"LEAT_NATS_URL" placeholder:"URL" help:"NATS server with JetStream: nats://host:4222, or several separated by commas. A token comes from LEAT_NATS_TOKEN."`
	NATSCredentials string `name:"nats-credentials" env:"LEAT_NATS_CREDENTIALS" type:"path" placeholder:"FILE" help:"NATS credentials file (.creds)."`
	PostgresURL     string `name:"postgres-url" env:"LEAT_POSTGRES_URL" placeholder:"URL" help:"Postgres database: postgres://user@host:5432/leat. A password belongs into the environment (this URL, PGPASSWORD or PGPASSFILE)."`
	S3URL           string `name:"s3-url" env:"LEAT_S3_URL" placeholder:"URL" help:"Bucket in MinIO or another S3 server: http(s)://host:9000/bucket[/prefix]. Keys come from LEAT_S3_ACCESS_KEY and LEAT_S3_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."`
	S3Region        string `name:"s3-region" env:"LEAT_S3_REGION" placeholder:"NAME" help:"Region that requests are signed for. Default: from the URL, else us-east-1."`
	S3CreateBucket  bool   `name:"s3-create-bucket" env:"LEAT_S3_CREATE_BUCKET" help:"Create the bucket if it does not exist."`
	QdrantURL       string `name:"qdrant-url" env:"LEAT_QDRANT_URL" placeholder:"URL" help:"Qdrant's gRPC port: http(s)://host:6334. An API key comes from LEAT_QDRANT_API_KEY."`
	Index           string `env:"LEAT_INDEX" default:"leat" placeholder:"NAME" help:"Name of the index: the Qdrant alias, and the beginning of its collections' names."`
	Embedder        string `env:"LEAT_EMBEDDER" default:"local-384" placeholder:"NAME" help:"Embedding model."`

	// S3AccessKey and S3SecretKey stand in for those of the environment.
	S3AccessKey, S3SecretKey string `kong:"-"`
}

// Check says which store is not named.
func (s Stores) Check() error {
	var missing []string
	for _, store := range []struct{ value, name string }{
		{s.NATSURL, "--nats-url (LEAT_NATS_URL)"},
		{s.PostgresURL, "--postgres-url (LEAT_POSTGRES_URL)"},
		{s.S3URL, "--s3-url (LEAT_S3_URL)"},
		{s.QdrantURL, "--qdrant-url (LEAT_QDRANT_URL)"},
	} {
		if store.value == "" {
			missing = append(missing, store.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("set %s", strings.Join(missing, ", "))
	}
	return s.check()
}

func (s Stores) check() error {
	if s.Index == "" || events.Token(s.Index) != s.Index {
		return fmt.Errorf("--index %q: use letters, digits, - and _", s.Index)
	}
	if _, err := embedder.Open(s.Embedder); err != nil {
		return fmt.Errorf("--embedder: %w", err)
	}
	return nil
}

// Broker is the configuration of the connection to NATS.
func (s Stores) Broker(name string) broker.Config {
	return broker.Config{URL: s.NATSURL, CredentialsFile: s.NATSCredentials, Token: os.Getenv("LEAT_NATS_TOKEN"), Name: name}
}

// Catalog is the configuration of the connection to Postgres.
func (s Stores) Catalog() catalog.Config { return catalog.Config{URL: s.PostgresURL} }

// Blob is the configuration of the connection to S3.
func (s Stores) Blob() blob.Config {
	return blob.Config{
		URL: s.S3URL, Region: s.S3Region, CreateBucket: s.S3CreateBucket,
		AccessKey: cmp.Or(s.S3AccessKey, os.Getenv("LEAT_S3_ACCESS_KEY"), os.Getenv("AWS_ACCESS_KEY_ID")),
		SecretKey: cmp.Or(s.S3SecretKey, os.Getenv("LEAT_S3_SECRET_KEY"), os.Getenv("AWS_SECRET_ACCESS_KEY")),
	}
}

// Vector is the configuration of the connection to Qdrant.
func (s Stores) Vector() vector.Config {
	return vector.Config{URL: s.QdrantURL, APIKey: os.Getenv("LEAT_QDRANT_API_KEY")}
}

// Git says how repositories are fetched.
type Git struct {
	Dir        string        `name:"git-dir" env:"LEAT_GIT_DIR" type:"path" placeholder:"DIR" help:"Directory of the bare mirrors. A worker that loses it fetches anew."`
	MaxBytes   int64         `name:"git-max-bytes" env:"LEAT_GIT_MAX_BYTES" default:"4294967296" placeholder:"BYTES" help:"Largest mirror of one repository (${default} bytes)."`
	Timeout    time.Duration `name:"git-timeout" env:"LEAT_GIT_TIMEOUT" default:"10m" help:"Longest fetch (${default})."`
	AllowLocal bool          `name:"git-allow-local" env:"LEAT_GIT_ALLOW_LOCAL" help:"Accept paths of this machine and file:// URLs. Whoever may submit can then read every repository that this process can."`
	AllowHTTP  bool          `name:"git-allow-http" env:"LEAT_GIT_ALLOW_HTTP" help:"Accept http:// URLs, which send code and tokens in the clear."`
	TokenFile  string        `name:"git-token-file" env:"LEAT_GIT_TOKEN_FILE" type:"path" placeholder:"FILE" help:"File of 'host token' or 'host user:token' lines. One host's token can also come from LEAT_GIT_TOKEN_HOST, such as LEAT_GIT_TOKEN_GITHUB_COM."`
	SSHKey     string        `name:"git-ssh-key" env:"LEAT_GIT_SSH_KEY" type:"path" placeholder:"FILE" help:"Private key for ssh. Default: the agent's and ssh's own."`
	KnownHosts string        `name:"git-known-hosts" env:"LEAT_GIT_KNOWN_HOSTS" type:"path" placeholder:"FILE" help:"Host keys that ssh trusts. Default: ssh's own."`
}

// Config is the configuration of package git.
func (g Git) Config() git.Config {
	return git.Config{
		Dir: g.Dir, MaxBytes: g.MaxBytes, FetchTimeout: g.Timeout, AllowLocal: g.AllowLocal, AllowHTTP: g.AllowHTTP,
		TokenFile: g.TokenFile, KeyFile: g.SSHKey, KnownHosts: g.KnownHosts,
	}
}

// Filter says which files are indexed.
type Filter struct {
	MaxFileBytes int64    `env:"LEAT_MAX_FILE_BYTES" default:"1048576" placeholder:"BYTES" help:"Largest file that is indexed (${default} bytes)."`
	Include      []string `env:"LEAT_INCLUDE" placeholder:"GLOB" help:"Index only paths that match, such as 'src/**'. May be repeated."`
	Exclude      []string `env:"LEAT_EXCLUDE" placeholder:"GLOB" help:"Leave out paths that match. May be repeated."`
	Vendored     bool     `env:"LEAT_VENDORED" help:"Index vendored code too."`
	Generated    bool     `env:"LEAT_GENERATED" help:"Index generated files too."`
	LockFiles    bool     `env:"LEAT_LOCK_FILES" help:"Index package managers' lock files too."`
}

// Config is the configuration of package lang.
func (f Filter) Config() lang.Config {
	return lang.Config{
		MaxBytes: f.MaxFileBytes, Include: f.Include, Exclude: f.Exclude,
		Vendored: f.Vendored, Generated: f.Generated, LockFiles: f.LockFiles,
	}
}

// Log says what is logged, and how.
type Log struct {
	Level  slog.Level `name:"log-level" env:"LEAT_LOG_LEVEL" default:"info" help:"debug, info, warn or error (${default})."`
	Format string     `name:"log-format" env:"LEAT_LOG_FORMAT" enum:"text,json" default:"text" help:"text or json (${default})."`
}

// Logger writes to standard error.
func (l Log) Logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// Worker is what every worker takes.
type Worker struct {
	Stores
	Log
	Listen       string        `env:"LEAT_LISTEN" placeholder:"ADDR" default:"${listen}" help:"Address of /healthz and /readyz (${default}); empty: none."`
	DrainTimeout time.Duration `env:"LEAT_DRAIN_TIMEOUT" default:"20s" help:"How long work in flight may take after SIGTERM (${default})."`
	InFlight     int           `env:"LEAT_IN_FLIGHT" default:"${in_flight}" placeholder:"N" help:"Messages held at once in each lane (${default})."`
}

// Check says what to change.
func (w Worker) Check() error {
	if err := w.Stores.Check(); err != nil {
		return err
	}
	if w.DrainTimeout <= 0 {
		return fmt.Errorf("--drain-timeout %s: give more than 0s", w.DrainTimeout)
	}
	if w.InFlight < 1 || w.InFlight > broker.DefaultMaxAckPending {
		return fmt.Errorf("--in-flight %d: give 1 to %d", w.InFlight, broker.DefaultMaxAckPending)
	}
	return nil
}

// Ingestor is what the ingestor takes.
type Ingestor struct {
	Worker
	Git
	Filter
}

// Check says what to change.
func (i Ingestor) Check() error {
	if i.Dir == "" {
		return errors.New("set --git-dir (LEAT_GIT_DIR): the directory of the bare mirrors")
	}
	if err := i.Filter.Config().Check(); err != nil {
		return err
	}
	return i.Worker.Check()
}
