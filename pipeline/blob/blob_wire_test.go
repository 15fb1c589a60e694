package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

// proxy stands before the server, counts the GETs of objects, and does to an
// exchange what meddle says.
type proxy struct {
	*httptest.Server
	gets   atomic.Int64
	meddle atomic.Pointer[func(http.ResponseWriter, *http.Request, http.Handler)]
}

// through puts a proxy before cfg's server.
func through(tb testing.TB, cfg *blob.Config) *proxy {
	tb.Helper()
	target, err := url.Parse(serverURL)
	if err != nil {
		tb.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	next := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the signature covers it
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	p := new(proxy)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".pack") {
			p.gets.Add(1)
		}
		if meddle := p.meddle.Load(); meddle != nil {
			(*meddle)(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	}))
	tb.Cleanup(transport.CloseIdleConnections)
	tb.Cleanup(p.Close)
	cfg.URL = p.URL + strings.TrimPrefix(cfg.URL, serverURL)
	return p
}

func (p *proxy) when(meddle func(http.ResponseWriter, *http.Request, http.Handler)) {
	p.meddle.Store(&meddle)
}

func TestNeighboursAreReadTogether(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	small := bytes.Repeat([]byte("s"), 1<<10)
	gap := bytes.Repeat([]byte("g"), 64<<10)
	large := bytes.Repeat([]byte("L"), 1<<20)
	huge := bytes.Repeat([]byte("H"), 9<<20)
	pick := func(spans []blob.Span, at ...int) []blob.Span {
		var picked []blob.Span
		for _, i := range at {
			picked = append(picked, spans[i])
		}
		return picked
	}
	many := func(n int, data []byte) [][]byte {
		items := make([][]byte, n)
		for i := range items {
			items[i] = data
		}
		return items
	}
	_, thousand := put(t, store, blob.Vector, many(1000, small)...)
	_, gaps := put(t, store, blob.Vector, small, gap, small, gap, []byte("x"), small)
	_, larges := put(t, store, blob.Vector, many(20, large)...)
	_, huges := put(t, store, blob.Vector, small, huge, small)
	for _, c := range []struct {
		name  string
		spans []blob.Span
		gets  int64
	}{
		{"a thousand neighbours", thousand, 1},
		{"one", thousand[5:6], 1},
		{"none", nil, 0},
		{"across 64 KiB", pick(gaps, 2, 0), 1},
		{"across a byte more", pick(gaps, 2, 5), 2},
		{"20 of 1 MiB", larges, 3},
		{"one beyond 8 MiB between two small", huges, 3},
		{"the same thrice", pick(thousand, 7, 7, 7), 1},
		{"of two objects", append(pick(gaps, 0), thousand[0]), 2},
	} {
		before := p.gets.Load()
		err := store.Read(t.Context(), c.spans, func(i int, data []byte) error {
			if len(data) != int(c.spans[i].Size) {
				t.Errorf("%s: span %d has %d bytes, want %d", c.name, i, len(data), c.spans[i].Size)
			}
			return nil
		})
		if gets := p.gets.Load() - before; err != nil || gets != c.gets {
			t.Errorf("%s: %d GETs, want %d; %v", c.name, gets, c.gets, err)
		}
	}
}

// cutAfter answers with the headers that the server sent and n bytes of body.
func cutAfter(n int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:n])
		panic(http.ErrAbortHandler)
	}
}

func TestBrokenConnectionIsTriedAgain(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	want := bytes.Repeat([]byte("0123456789"), 1000)
	object, spans := put(t, store, blob.Vector, want)

	var once sync.Once
	p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		once.Do(func() { cutAfter(5000)(w, r, next) })
		next.ServeHTTP(w, r)
	})
	got, err := readAll(t, store, spans)
	if err != nil || !bytes.Equal(got[0], want) {
		t.Errorf("%d bytes, %v", len(got[0]), err)
	}
	if gets := p.gets.Load(); gets != 2 {
		t.Errorf("%d GETs, want 2", gets)
	}

	// A connection that always breaks says nothing of the object.
	p.when(cutAfter(5000))
	_, err = readAll(t, store, spans)
	for doing, err := range map[string]error{"read": err, "check": store.Check(t.Context(), object)} {
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindRetry || errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrMissing) {
			t.Errorf("%s: %v", doing, err)
		}
	}
}

func TestServerRefusesBytesDamagedOnTheWay(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	pack := store.NewPack(blob.Text)
	if err := pack.Add(item(1)); err != nil {
		t.Fatal(err)
	}
	p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			body[len(body)/2] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
	if object, _, err := pack.Put(t.Context()); err == nil {
		t.Fatalf("put %s", object.Key)
	}
	for entry, err := range store.List(t.Context(), "") {
		t.Errorf("listed %s, %v", entry.Key, err)
	}
	p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) })
	object, _, err := pack.Put(t.Context()) // the pack is as good as before
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context(), object); err != nil {
		t.Error(err)
	}
}

// calls are all that go to the server, each to return an error.
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
	// The caller's own end is told from the server's silence.
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

	// A bucket that goes away is not a thousand missing objects.
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

func TestOpenRefusesWrongConfigurations(t *testing.T) {
	good := blob.Config{URL: "http://127.0.0.1:1/bucket", AccessKey: "key", SecretKey: "secret"}
	for name, change := range map[string]func(*blob.Config){
		"no URL":            func(c *blob.Config) { c.URL = "" },
		"no bucket":         func(c *blob.Config) { c.URL = "http://127.0.0.1:1/" },
		"another scheme":    func(c *blob.Config) { c.URL = "s3://bucket/hunter2" },
		"credentials":       func(c *blob.Config) { c.URL = "http://me:hunter2@127.0.0.1:1/bucket" },
		"broken":            func(c *blob.Config) { c.URL = "http://me:hunter2@127.0.0.1:port/bucket" },
		"query":             func(c *blob.Config) { c.URL += "?key=hunter2" },
		"bucket in capital": func(c *blob.Config) { c.URL = "http://127.0.0.1:1/BUCKET" },
		"prefix goes up":    func(c *blob.Config) { c.URL += "/a/../../b" },
		"no access key":     func(c *blob.Config) { c.AccessKey = "" },
		"no secret key":     func(c *blob.Config) { c.SecretKey = "" },
		"negative size":     func(c *blob.Config) { c.PackBytes = -1 },
		"negative timeout":  func(c *blob.Config) { c.Timeout = -1 },
	} {
		cfg := good
		change(&cfg)
		_, err := blob.Open(t.Context(), cfg)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v, want a rejection", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes the secret: %v", name, err)
		}
	}
}

// fake answers HEAD of the bucket, and every GET with what it is given.
func fake(tb testing.TB, answer http.HandlerFunc) *blob.Store {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer(w, r)
		}
	}))
	tb.Cleanup(server.Close)
	return open(tb, blob.Config{URL: server.URL + "/bucket", AccessKey: "key", SecretKey: "secret"})
}

func TestServerThatIgnoresRanges(t *testing.T) {
	store := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		fmt.Fprint(w, "the whole object")
	})
	span := blob.Span{Object: "vector/" + strings.Repeat("0", 64) + ".pack", Offset: 4, Length: 5, Size: 5}
	_, err := readAll(t, store, []blob.Span{span})
	wantRetry(t, "read", err)
}

func TestServerThatListsOutOfOrder(t *testing.T) {
	store := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>
			<Contents><Key>b</Key><Size>1</Size></Contents><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`)
	})
	wantRetry(t, "list", calls(t.Context(), store, blob.Object{}, nil)["list"]())
}

func TestStoreIsSafeForConcurrentUse(t *testing.T) {
	store := open(t, config())
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			pack := store.NewPack(blob.Text)
			for i := range 30 {
				if err := pack.Add(item(n*100 + i)); err != nil {
					t.Error(err)
				}
			}
			_, spans, err := pack.Put(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			err = store.Read(t.Context(), spans, func(i int, data []byte) error {
				if !bytes.Equal(data, item(n*100+i)) {
					return fmt.Errorf("item %d of pack %d differs", i, n)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
