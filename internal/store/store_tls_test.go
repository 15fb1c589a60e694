package store_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv"
)

// All four stores ask for TLS and a certificate of the client. They open with the authority that
// signed their certificates and a certificate of that authority. Without either they do not.
func TestStoresThatSpeakTLS(t *testing.T) {
	ours, theirs := testenv.NewAuthority(t), testenv.NewAuthority(t)
	certificate, key := ours.Sign(t, "client")
	stranger, strangerKey := theirs.Sign(t, "client")
	good := config.TLS{CA: ours.CA, Certificate: certificate, Key: key}
	plain := stack.Addresses(testenv.Stack(t))
	encrypted := behindTLS(t, ours.Server(t), plain)

	for called, part := range map[string]store.Parts{"nats": store.NATS, "postgres": store.Postgres, "s3": store.S3, "qdrant": store.Qdrant} {
		for name, c := range map[string]struct {
			files config.TLS
			opens bool
		}{
			"own authority and certificate": {good, true},
			"the system's authorities":      {config.TLS{}, false},
			"another authority":             {config.TLS{CA: theirs.CA, Certificate: certificate, Key: key}, false},
			"no certificate":                {config.TLS{CA: ours.CA}, false},
			"a stranger's certificate":      {config.TLS{CA: ours.CA, Certificate: stranger, Key: strangerKey}, false},
		} {
			t.Run(called+" with "+name, func(t *testing.T) {
				if err := open(t, withTLS(encrypted, c.files), part); (err == nil) != c.opens {
					t.Errorf("open: %v, want it to open: %t", err, c.opens)
				}
				if part != store.S3 {
					return
				}
				if err := openBackups(t, encrypted, c.files); (err == nil) != c.opens {
					t.Errorf("open a target of backups: %v, want it to open: %t", err, c.opens)
				}
			})
		}
	}
	t.Run("a server of NATS in the clear", func(t *testing.T) {
		if err := open(t, withTLS(plain, good), store.NATS); err == nil {
			t.Error("a connection that should be encrypted is not")
		}
	})
}

// The servers are processes of their own that speak TLS themselves: a nats-server, and
// Postgres, Qdrant and MinIO where this machine has them. NATS and Postgres let nobody in without a
// certificate. Qdrant asks for none on its gRPC API, nor does MinIO, so there the test proves only
// the server's.
func TestRealServersThatSpeakTLS(t *testing.T) {
	ours, theirs := testenv.NewAuthority(t), testenv.NewAuthority(t)
	certificate, key := ours.Sign(t, "leat")
	stranger, strangerKey := theirs.Sign(t, "leat")
	other, otherKey := ours.Sign(t, "somebody")
	good := config.TLS{CA: ours.CA, Certificate: certificate, Key: key}
	for _, of := range []struct {
		name  string
		part  store.Parts
		start func(*testing.T) config.Stores
		asks  bool // for a certificate
		named bool // for one in the name of its user
	}{
		{"nats", store.NATS, func(t *testing.T) config.Stores { return config.Stores{NATSURL: natsProcessWithTLS(t, ours)} }, true, false},
		{"postgres", store.Postgres, func(t *testing.T) config.Stores {
			return config.Stores{PostgresURL: testenv.PostgresWithTLS(t, ours)}
		}, true, true},
		{"qdrant", store.Qdrant, func(t *testing.T) config.Stores {
			return config.Stores{QdrantURL: testenv.QdrantWithTLS(t, ours)}
		}, false, false},
		{"s3", store.S3, func(t *testing.T) config.Stores {
			b := testenv.MinIOWithTLS(t, ours)
			return config.Stores{S3URL: b.URL, S3AccessKey: b.AccessKey, S3SecretKey: b.SecretKey, S3CreateBucket: true}
		}, false, false},
	} {
		t.Run(of.name, func(t *testing.T) {
			stores := of.start(t)
			for name, c := range map[string]struct {
				files config.TLS
				opens bool
			}{
				"own authority and certificate":   {good, true},
				"the system's authorities":        {config.TLS{Certificate: certificate, Key: key}, false},
				"another authority":               {config.TLS{CA: theirs.CA, Certificate: certificate, Key: key}, false},
				"no certificate":                  {config.TLS{CA: ours.CA}, !of.asks},
				"a stranger's certificate":        {config.TLS{CA: ours.CA, Certificate: stranger, Key: strangerKey}, !of.asks},
				"a certificate of another's name": {config.TLS{CA: ours.CA, Certificate: other, Key: otherKey}, !of.named},
			} {
				if err := open(t, withTLS(stores, c.files), of.part); (err == nil) != c.opens {
					t.Errorf("%s: open: %v, want it to open: %t", name, err, c.opens)
				}
			}
		})
	}
}

func natsProcessWithTLS(t *testing.T, a *testenv.Authority) string {
	t.Helper()
	certificate, key := a.Sign(t, "server")
	file := filepath.Join(t.TempDir(), "nats.conf")
	content := fmt.Sprintf("jetstream { store_dir: %q }\ntls { cert_file: %q, key_file: %q, ca_file: %q, verify: true, timeout: 30 }\n", t.TempDir(), certificate, key, a.CA)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return testenv.NATSProcess(t, file)
}

func open(t *testing.T, stores config.Stores, part store.Parts) error {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Stores: stores, Parts: part}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Ready(t.Context())
}

// openBackups opens a place for backups in the bucket of the store.
func openBackups(t *testing.T, s config.Stores, files config.TLS) error {
	t.Helper()
	u, err := url.Parse(s.S3URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LEAT_BACKUP_S3_ACCESS_KEY", s.S3AccessKey)
	t.Setenv("LEAT_BACKUP_S3_SECRET_KEY", s.S3SecretKey)
	v := config.VaultReader{Vault: config.Vault{S3Endpoint: u.Scheme + "://" + u.Host, S3TLS: files, S3Timeout: time.Minute}}
	vault, target, err := v.Open(t.Context(), config.File{}, "s3:/"+u.Path+"/backups", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer target.Close()
	if _, err = vault.List(t.Context()); errors.Is(err, backup.ErrNoTarget) { // the place is empty
		return nil
	}
	return err
}

// withTLS adds the files to the stores. Postgres takes them as libpq's parameters.
func withTLS(s config.Stores, files config.TLS) config.Stores {
	s.NATSTLS, s.S3TLS, s.QdrantTLS = files, files, files
	u, err := url.Parse(s.PostgresURL)
	if err != nil {
		panic(err)
	}
	query := u.Query()
	query.Set("sslmode", "verify-full")
	for name, file := range map[string]string{"sslrootcert": files.CA, "sslcert": files.Certificate, "sslkey": files.Key} {
		if file != "" {
			query.Set(name, file)
		}
	}
	u.RawQuery = query.Encode()
	s.PostgresURL = u.String()
	return s
}

// behindTLS returns addresses at which the stores speak TLS alone. NATS is a server of its own; the
// other stores stand behind listeners.
func behindTLS(t *testing.T, secure *tls.Config, s config.Stores) config.Stores {
	t.Helper()
	s.NATSURL = natsWithTLS(t, secure)
	for _, address := range []*string{&s.S3URL, &s.QdrantURL} {
		u, err := url.Parse(*address)
		if err != nil {
			t.Fatal(err)
		}
		u.Scheme, u.Host = "https", testenv.Front(t, secure, "tcp", u.Host, nil)
		*address = u.String()
	}
	u, err := url.Parse(s.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", u.Host
	if dir := u.Query().Get("host"); dir != "" {
		network, address = "unix", dir+"/.s.PGSQL."+u.Query().Get("port")
	}
	u.Host, u.RawQuery = testenv.Front(t, secure, network, address, wantTLS), ""
	s.PostgresURL = u.String()
	return s
}

// wantTLS reads Postgres's request for TLS, and agrees.
func wantTLS(c net.Conn) error {
	request := make([]byte, 8)
	if _, err := io.ReadFull(c, request); err != nil {
		return err
	}
	if string(request) != "\x00\x00\x00\x08\x04\xd2\x16\x2f" {
		return errors.New("not a request for TLS")
	}
	_, err := c.Write([]byte("S"))
	return err
}

func natsWithTLS(t *testing.T, secure *tls.Config) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		TLSConfig: secure, TLSTimeout: 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the NATS server does not start")
	}
	return "nats://" + s.Addr().String()
}
