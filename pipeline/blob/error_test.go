package blob_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

// calls returns every call that goes to the server, by name.
func calls(ctx context.Context, store *blob.Store, object blob.Object, spans []blob.Span) map[string]func() error {
	return map[string]func() error{
		"ready":  func() error { return store.Ready(ctx) },
		"check":  func() error { return store.Check(ctx, object) },
		"delete": func() error { return store.Delete(ctx, object.Key) },
		"read":   func() error { return store.Read(ctx, spans, func(int, []byte) error { return nil }) },
		"put": func() error {
			pack := store.NewPack(blob.Text)
			if err := pack.Add([]byte("x")); err != nil {
				return err
			}
			_, _, err := pack.Put(ctx)
			return err
		},
		"list": func() error {
			for _, err := range store.List(ctx, "") {
				return err
			}
			return nil
		},
	}
}

func wantRetry(t *testing.T, doing string, err error) {
	t.Helper()
	kind, _ := fault.Of(err)
	if err == nil || kind != fault.KindRetry || errors.Is(err, blob.ErrMissing) || errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("%s: %v, want a retry that says nothing of the object", doing, err)
	}
	if err != nil && (strings.Contains(err.Error(), secretKey) || strings.Contains(err.Error(), accessKey)) {
		t.Errorf("%s: the error holds credentials: %v", doing, err)
	}
}

func wantRetries(t *testing.T, calls map[string]func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for doing, call := range calls {
		wg.Go(func() { wantRetry(t, doing, call()) })
	}
	wg.Wait()
}

func TestServerDown(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	object, spans := put(t, store, blob.Text, item(1))
	p.Close()
	start := time.Now()
	wantRetries(t, calls(t.Context(), store, object, spans))
	if took := time.Since(start); took > cfg.Timeout {
		t.Errorf("took %s", took)
	}
	_, err := blob.Open(t.Context(), cfg)
	wantRetry(t, "open", err)
}

func TestServerFails(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	object, spans := put(t, store, blob.Text, item(1))
	p.when(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	wantRetries(t, calls(t.Context(), store, object, spans))
}

func TestServerSaysNothing(t *testing.T) {
	silence, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer silence.Close()
	cfg := config()
	cfg.URL, cfg.Timeout = "http://"+silence.Addr().String()+"/bucket", 300*time.Millisecond
	start := time.Now()
	_, err = blob.Open(t.Context(), cfg)
	wantRetry(t, "open", err)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	// The end of the caller's context does not count as silence of the server.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := blob.Open(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestWrongCredentials(t *testing.T) {
	cfg := config()
	open(t, cfg) // the bucket is there
	for name, change := range map[string]func(*blob.Config){
		"access key": func(c *blob.Config) { c.AccessKey = "nobody-known" },
		"secret key": func(c *blob.Config) { c.SecretKey = "not-the-secret" },
	} {
		wrong := cfg
		change(&wrong)
		wrong.CreateBucket = false
		_, err := blob.Open(t.Context(), wrong)
		wantRetry(t, name, err)
		if err == nil {
			continue
		}
		if !strings.Contains(err.Error(), "check the access key") {
			t.Errorf("%s: the error does not say what to check: %v", name, err)
		}
		if strings.Contains(err.Error(), wrong.AccessKey) || strings.Contains(err.Error(), wrong.SecretKey) {
			t.Errorf("%s: the error holds credentials: %v", name, err)
		}
	}
}

func TestMissingBucket(t *testing.T) {
	cfg := config()
	cfg.CreateBucket = false
	_, err := blob.Open(t.Context(), cfg)
	wantRetry(t, "open", err)
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("got %v", err)
	}

	// A bucket that vanishes does not count as a thousand missing objects.
	cfg.CreateBucket = true
	store, behind := open(t, cfg), bare(t, cfg)
	object, spans := put(t, store, blob.Text, item(1))
	if err := behind.client.RemoveBucketWithOptions(t.Context(), behind.bucket, minio.RemoveBucketOptions{ForceDelete: true}); err != nil {
		if err := store.Delete(t.Context(), object.Key); err != nil {
			t.Fatal(err)
		}
		if err := behind.client.RemoveBucket(t.Context(), behind.bucket); err != nil {
			t.Fatal(err)
		}
	}
	wantRetries(t, calls(t.Context(), store, object, spans))
}
