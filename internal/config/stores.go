package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
	"github.com/leatworks/leat/pipeline/vector/qdrant"
)

// Stores says where the four stores are.
type Stores struct {
	File            File   `name:"config" env:"LEAT_CONFIG" placeholder:"FILE" help:"YAML file of settings, one for all workers; flags and the environment take precedence."`
	NATSURL         string `name:"nats-url" env:"LEAT_NATS_URL" placeholder:"URL" help:"NATS server with JetStream: nats://host:4222, or several separated by commas. A token comes from LEAT_NATS_TOKEN."`
	NATSCredentials string `name:"nats-credentials" env:"LEAT_NATS_CREDENTIALS" type:"path" placeholder:"FILE" help:"File with a NATS user's credentials (.creds), or with the seed of its nkey (.nk)."`
	PostgresURL     string `name:"postgres-url" env:"LEAT_POSTGRES_URL" placeholder:"URL" help:"Postgres database: postgres://user@host:5432/leat. A password belongs into the environment (this URL, PGPASSWORD or PGPASSFILE)."`
	PostgresPooled  bool   `name:"postgres-pooled" env:"LEAT_POSTGRES_POOLED" help:"Prepare no statements, because a pooler such as PgBouncer stands before Postgres and gives each transaction its own connection."`

	PostgresDeadline time.Duration `name:"postgres-deadline" env:"LEAT_POSTGRES_DEADLINE" default:"5m" help:"Time that one statement may take (${default}); migrations have no limit."`

	S3URL          string `name:"s3-url" env:"LEAT_S3_URL" placeholder:"URL" help:"Bucket in MinIO or another S3 server: http(s)://host:9000/bucket[/prefix]; several endpoints of one bucket are separated by commas, and if one does not answer, the next is asked. Keys come from LEAT_S3_ACCESS_KEY and LEAT_S3_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."`
	S3Region       string `name:"s3-region" env:"LEAT_S3_REGION" placeholder:"NAME" help:"Region that requests are signed for. Default: from the URL, else us-east-1."`
	S3CreateBucket bool   `name:"s3-create-bucket" env:"LEAT_S3_CREATE_BUCKET" help:"Create the bucket if it does not exist."`
	QdrantURL      string `name:"qdrant-url" env:"LEAT_QDRANT_URL" placeholder:"URL" help:"Qdrant's gRPC port: http(s)://host:6334. An API key comes from LEAT_QDRANT_API_KEY."`
	NATSTLS        TLS    `embed:"" prefix:"nats-tls-" envprefix:"LEAT_NATS_TLS_"`
	S3TLS          TLS    `embed:"" prefix:"s3-tls-" envprefix:"LEAT_S3_TLS_"`
	QdrantTLS      TLS    `embed:"" prefix:"qdrant-tls-" envprefix:"LEAT_QDRANT_TLS_"`
	Layout         Layout `embed:"" prefix:"qdrant-" envprefix:"LEAT_QDRANT_"`
	Index          string `env:"LEAT_INDEX" default:"leat" placeholder:"NAME" help:"Name of the index. It is the Qdrant alias and the beginning of the collections' names (${default})."`
	Embedder       string `env:"LEAT_EMBEDDER" placeholder:"NAME" help:"Embedding model of a new index: local-384 (the default), or PROVIDER/MODEL@DIMENSIONS such as openai/text-embedding-3-small@1536. An existing index keeps its model until 'leat rebuild --embedder'."`
	Embedders

	SecretKeyFile string `name:"secret-key-file" env:"LEAT_SECRET_KEY_FILE" type:"path" placeholder:"FILE" help:"File of the key that seals secrets in the catalog: 32 random bytes in base64; older keys may follow, one a line. Default: LEAT_SECRET_KEY."`

	PackKeyFile string `name:"pack-key-file" env:"LEAT_PACK_KEY_FILE" type:"path" placeholder:"FILE" help:"File of the key that wraps the keys of packs in S3: 32 random bytes in base64; older keys may follow, one a line. It is read again while the workers run. Default: LEAT_PACK_KEY; without either, packs are not sealed."`

	// The times for which a worker with work may be silent about it. All workers of an index must
	// agree on them.
	Lease   time.Duration `env:"LEAT_LEASE" default:"2m" help:"Time that work may be under way before it is published again (${default})."`
	AckWait time.Duration `env:"LEAT_ACK_WAIT" default:"30s" help:"Time that a worker may be silent before its messages go to another (${default})."`

	Streams

	// S3AccessKey and S3SecretKey replace the keys of the environment.
	S3AccessKey, S3SecretKey string `kong:"-"`
	// SecretKey replaces the key of the environment and of the file.
	SecretKey string `kong:"-"`
	// QdrantAPIKey replaces the key of the environment.
	QdrantAPIKey string `kong:"-"`
}

// Check says which store is not named, and what else to change.
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
	return s.CheckNamed()
}

// CheckNamed says what to change about the stores that are named. No error quotes a URL, because it
// may hold a password.
func (s Stores) CheckNamed() error {
	for _, store := range []struct{ value, flag, form string }{
		{s.NATSURL, "--nats-url (LEAT_NATS_URL)", "nats://HOST:4222"},
		{s.S3URL, "--s3-url (LEAT_S3_URL)", "http(s)://HOST:9000/BUCKET"},
		{s.QdrantURL, "--qdrant-url (LEAT_QDRANT_URL)", "http(s)://HOST:6334"},
	} {
		for part := range strings.SplitSeq(store.value, ",") {
			if u, err := url.Parse(strings.TrimSpace(part)); store.value != "" && (err != nil || u.Host == "") {
				return fmt.Errorf("%s: it is not of the form %s", store.flag, store.form)
			}
		}
	}
	if err := s.File.Check(); err != nil {
		return err
	}
	if err := s.CheckKeys(); err != nil {
		return err
	}
	if err := readable("--nats-credentials (LEAT_NATS_CREDENTIALS)", s.NATSCredentials); err != nil {
		return err
	}
	if err := s.checkTLS(); err != nil {
		return err
	}
	if _, err := s.Box(); err != nil {
		return err
	}
	if _, err := s.PackKeys(); err != nil {
		return err
	}
	if s.Index == "" || events.Token(s.Index) != s.Index {
		return fmt.Errorf("--index (LEAT_INDEX) %q: use letters, digits, - and _", s.Index)
	}
	if s.PostgresDeadline < 0 {
		return fmt.Errorf("--postgres-deadline (LEAT_POSTGRES_DEADLINE) %s: give more than 0s", s.PostgresDeadline)
	}
	if s.Lease < 0 || s.AckWait < 0 {
		return fmt.Errorf("--lease (LEAT_LEASE) %s, --ack-wait (LEAT_ACK_WAIT) %s: give more than 0s", s.Lease, s.AckWait)
	}
	if err := s.Streams.Check(); err != nil {
		return err
	}
	if err := s.Layout.Check(); err != nil {
		return err
	}
	if err := s.Embedders.Check(); err != nil {
		return err
	}
	if _, err := s.OpenEmbedder(s.NewEmbedder(), nil, slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("--embedder (LEAT_EMBEDDER): %w", err)
	}
	return nil
}

// checkTLS reads the files of certificates.
func (s Stores) checkTLS() error {
	for _, store := range []struct {
		files      TLS
		flags, url string
	}{
		{s.NATSTLS, "--nats-tls-… (LEAT_NATS_TLS_…)", ""}, // the server itself tells whether it speaks TLS
		{s.S3TLS, "--s3-tls-… (LEAT_S3_TLS_…)", s.S3URL},
		{s.QdrantTLS, "--qdrant-tls-… (LEAT_QDRANT_TLS_…)", s.QdrantURL},
	} {
		if _, err := store.files.of(store.flags, "the store's URL", store.url); err != nil {
			return err
		}
	}
	return nil
}

// NewEmbedder returns the name of the embedding model of a new index.
func (s Stores) NewEmbedder() string { return cmp.Or(s.Embedder, embedder.LocalName) }

// CheckKeys says which keys of S3 are missing.
func (s Stores) CheckKeys() error {
	if access, secret := s.s3Keys(); s.S3URL != "" && (access == "" || secret == "") {
		return errors.New("S3 (--s3-url, LEAT_S3_URL) needs keys: set LEAT_S3_ACCESS_KEY and LEAT_S3_SECRET_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return nil
}

func (s Stores) s3Keys() (access, secret string) {
	access = cmp.Or(s.S3AccessKey, s.File.secret("s3-access-key"))
	secret = cmp.Or(s.S3SecretKey, s.File.secret("s3-secret-key"))
	return access, secret
}

// maxSecretKeys bounds the file of keys, in bytes.
const maxSecretKeys = 64 << 10

// Box returns the box that seals secrets. It has no key if none is configured.
func (s Stores) Box() (*seal.Box, error) {
	keys := cmp.Or(s.SecretKey, s.File.secret("secret-key"))
	if s.SecretKeyFile != "" {
		f, err := os.Open(s.SecretKeyFile)
		if err != nil {
			return nil, fmt.Errorf("--secret-key-file (LEAT_SECRET_KEY_FILE): %w", err)
		}
		defer f.Close()
		content, err := io.ReadAll(io.LimitReader(f, maxSecretKeys))
		if err != nil {
			return nil, fmt.Errorf("--secret-key-file (LEAT_SECRET_KEY_FILE): %w", err)
		}
		keys = string(content)
	}
	box, err := seal.New(keys)
	if err != nil {
		return nil, fmt.Errorf("LEAT_SECRET_KEY or --secret-key-file (LEAT_SECRET_KEY_FILE): %w", err)
	}
	return box, nil
}

// PackKeys returns the keys that wrap the keys of packs, or nil if there is none.
func (s Stores) PackKeys() (*seal.Ring, error) {
	const flag = "LEAT_PACK_KEY or --pack-key-file (LEAT_PACK_KEY_FILE)"
	ring, err := seal.NewRing(func() (string, error) {
		if s.PackKeyFile != "" {
			return readKeyFile("--pack-key-file (LEAT_PACK_KEY_FILE)", s.PackKeyFile)
		}
		return s.File.secret("pack-key"), nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if ring == nil && s.PackKeyFile != "" {
		return nil, fmt.Errorf("%s: the file holds no key", flag)
	}
	return ring, nil
}

// Broker returns the configuration of the connection to NATS.
func (s Stores) Broker(name string) broker.Config {
	return broker.Config{URL: s.NATSURL, CredentialsFile: s.NATSCredentials, Token: s.File.secret("nats-token"), Name: name, TLS: s.NATSTLS.settings()}
}

// Catalog returns the configuration of the connection to Postgres.
func (s Stores) Catalog() catalog.Config {
	return catalog.Config{URL: s.PostgresURL, Lease: s.Lease, Pooled: s.PostgresPooled, Deadline: s.PostgresDeadline}
}

// Blob returns the configuration of the connection to S3.
func (s Stores) Blob() blob.Config {
	access, secret := s.s3Keys()
	return blob.Config{URL: s.S3URL, Region: s.S3Region, CreateBucket: s.S3CreateBucket, AccessKey: access, SecretKey: secret, TLS: s.S3TLS.settings()}
}

// Qdrant returns the configuration of the connection to Qdrant.
func (s Stores) Qdrant() qdrant.Config {
	return qdrant.Config{
		URL: s.QdrantURL, APIKey: cmp.Or(s.QdrantAPIKey, s.File.secret("qdrant-api-key")), TLS: s.QdrantTLS.settings(),
		Layout: s.Layout.Of(), NoRescore: s.Layout.NoRescore, Oversampling: s.Layout.Oversampling,
	}
}

// OpenVector connects to the vector store. No other function chooses a driver.
func (s Stores) OpenVector(ctx context.Context) (vector.Store, error) {
	store, err := qdrant.Open(ctx, s.Qdrant())
	if err != nil {
		return nil, err // not an interface that holds a nil pointer
	}
	return store, nil
}
