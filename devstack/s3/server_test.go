package s3_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"go.uber.org/goleak"

	"github.com/leatworks/leat/devstack/s3"
	"github.com/leatworks/leat/internal/testenv/leak"
)

const (
	accessKey = "tester"
	secretKey = "not-a-secret"
)

func start(t *testing.T, dir string) (*s3.Server, *minio.Client) {
	t.Helper()
	began := time.Now()
	s, err := s3.Start(t.Context(), s3.Config{Dir: dir, AccessKey: accessKey, SecretKey: secretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	transport, err := minio.DefaultTransport(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := minio.New(s.Addr(), &minio.Options{
		Creds:     credentials.NewStaticV4(accessKey, secretKey, ""),
		Region:    s3.Region,
		Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func put(t *testing.T, c *minio.Client, key string, content []byte, opts minio.PutObjectOptions) {
	t.Helper()
	if _, err := c.PutObject(t.Context(), s3.Bucket, key, bytes.NewReader(content), int64(len(content)), opts); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func get(t *testing.T, c *minio.Client, key string, opts minio.GetObjectOptions) []byte {
	t.Helper()
	o, err := c.GetObject(t.Context(), s3.Bucket, key, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	content, err := io.ReadAll(o)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return content
}

func list(t *testing.T, c *minio.Client, prefix string) (keys []string) {
	t.Helper()
	for o := range c.ListObjects(t.Context(), s3.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func TestObjectsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	content := make([]byte, 3<<20)
	_, _ = rand.Read(content)
	s, c := start(t, dir)
	put(t, c, "packs/ab/cdef", content, minio.PutObjectOptions{ContentType: "application/zstd", UserMetadata: map[string]string{"Sum": "42"}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	_, c = start(t, dir)
	if got := get(t, c, "packs/ab/cdef", minio.GetObjectOptions{}); !bytes.Equal(got, content) {
		t.Errorf("read %d bytes that differ from the %d written", len(got), len(content))
	}
	var part minio.GetObjectOptions
	if err := part.SetRange(1000, 1999); err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, "packs/ab/cdef", part); !bytes.Equal(got, content[1000:2000]) {
		t.Errorf("a range of %d bytes differs", len(got))
	}
	info, err := c.StatObject(t.Context(), s3.Bucket, "packs/ab/cdef", minio.StatObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if info.ContentType != "application/zstd" || info.UserMetadata["Sum"] != "42" || info.Size != int64(len(content)) {
		t.Errorf("metadata: %q, %v, %d bytes", info.ContentType, info.UserMetadata, info.Size)
	}
	if encoding := info.Metadata.Get("Content-Encoding"); encoding != "" {
		t.Errorf("content encoding %q, which describes the upload alone", encoding)
	}
}

// TestMetadataBesideTheObjects covers file systems without extended attributes.
func TestMetadataBesideTheObjects(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "metadata"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, c := start(t, dir)
	put(t, c, "packs/ab", []byte("content"), minio.PutObjectOptions{ContentType: "application/zstd"})
	info, err := c.StatObject(t.Context(), s3.Bucket, "packs/ab", minio.StatObjectOptions{})
	if err != nil || info.ContentType != "application/zstd" || info.ETag == "" {
		t.Errorf("metadata: %q, %q (%v)", info.ContentType, info.ETag, err)
	}
	if got := list(t, c, ""); !slices.Equal(got, []string{"packs/ab"}) {
		t.Errorf("listed %v", got)
	}
}

func TestListAndDelete(t *testing.T) {
	_, c := start(t, t.TempDir())
	var want []string
	for i := range 30 {
		key := fmt.Sprintf("packs/%02d/%d", i%7, i)
		want = append(want, key)
		put(t, c, key, []byte(key), minio.PutObjectOptions{})
	}
	slices.Sort(want)
	got := list(t, c, "packs/")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("listed %v, want %v", got, want)
	}
	if err := c.RemoveObject(t.Context(), s3.Bucket, want[0], minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	gone := make(chan minio.ObjectInfo, len(want))
	for _, key := range want[1:] {
		gone <- minio.ObjectInfo{Key: key}
	}
	close(gone)
	for e := range c.RemoveObjects(t.Context(), s3.Bucket, gone, minio.RemoveObjectsOptions{}) {
		t.Errorf("remove %s: %v", e.ObjectName, e.Err)
	}
	if left := list(t, c, ""); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	_, err := c.StatObject(t.Context(), s3.Bucket, want[0], minio.StatObjectOptions{})
	if code := minio.ToErrorResponse(err).Code; code != minio.NoSuchKey {
		t.Errorf("a removed object answers %q (%v)", code, err)
	}
}

func TestMultipartUpload(t *testing.T) {
	dir := t.TempDir()
	_, c := start(t, dir)
	content := make([]byte, 11<<20)
	_, _ = rand.Read(content)
	_, err := c.PutObject(t.Context(), s3.Bucket, "big/one", bytes.NewReader(content), -1, minio.PutObjectOptions{PartSize: 5 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, "big/one", minio.GetObjectOptions{}); !bytes.Equal(got, content) {
		t.Errorf("read %d bytes that differ", len(got))
	}
}

func TestBucketsAreMadeAndRemoved(t *testing.T) {
	_, c := start(t, t.TempDir())
	if err := c.MakeBucket(t.Context(), "another", minio.MakeBucketOptions{Region: s3.Region}); err != nil {
		t.Fatal(err)
	}
	for bucket, want := range map[string]bool{s3.Bucket: true, "another": true, "a-third": false} {
		if ok, err := c.BucketExists(t.Context(), bucket); err != nil || ok != want {
			t.Errorf("bucket %s exists: %v, %v; want %v", bucket, ok, err, want)
		}
	}
	if err := c.RemoveBucket(t.Context(), "another"); err != nil {
		t.Error(err)
	}
	_, err := c.PutObject(t.Context(), "another", "key", bytes.NewReader(nil), 0, minio.PutObjectOptions{})
	if code := minio.ToErrorResponse(err).Code; code != minio.NoSuchBucket {
		t.Errorf("put into no bucket: %q (%v)", code, err)
	}
}

func TestKeysStayInTheirBucket(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, c := start(t, dir)
	for _, key := range []string{"../../secret", "a/../../../secret", "%2e%2e/%2e%2e/secret"} {
		u, err := c.PresignedGetObject(t.Context(), s3.Bucket, key, time.Minute, nil)
		if err != nil {
			continue // the client refused it before it was sent
		}
		resp, err := http.Get(u.String())
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode < 400 || bytes.Equal(body, []byte("secret")) {
			t.Errorf("%s: %s: %s", key, resp.Status, body)
		}
		_, _ = c.PutObject(t.Context(), s3.Bucket, key, bytes.NewReader([]byte("evil")), 4, minio.PutObjectOptions{})
	}
	if content, err := os.ReadFile(secret); err != nil || string(content) != "secret" {
		t.Errorf("the file outside holds %q (%v)", content, err)
	}
	if resp, err := http.Get(s.URL(s3.Bucket)); err != nil {
		t.Error(err)
	} else {
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("a request without keys is answered %s", resp.Status)
		}
	}
}

// TestWorkingDirectoryIsLeftAlone watches the working directory from another thread, because other code of the process
// may resolve relative paths at any time.
func TestWorkingDirectoryIsLeftAlone(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	stop, moved := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(moved)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if now, err := os.Readlink("/proc/self/cwd"); err == nil && now != here {
				moved <- now
				return
			}
		}
	}()
	dir := t.TempDir()
	_, c := start(t, dir)
	put(t, c, "a/b", []byte("content"), minio.PutObjectOptions{})
	if got := list(t, c, ""); !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("listed %v", got)
	}
	close(stop)
	if now, ok := <-moved; ok {
		t.Errorf("the working directory was %s, not %s", now, here)
	}
	if now, err := os.Getwd(); err != nil || now != here {
		t.Errorf("the working directory is %s (%v), not %s", now, err, here)
	}
	if left, err := os.ReadDir(here); err != nil || len(left) != 0 {
		t.Errorf("written into the working directory: %v (%v)", left, err)
	}
}

func TestNoGoroutineIsLeft(t *testing.T) {
	round := func() {
		s, err := s3.Start(t.Context(), s3.Config{Dir: t.TempDir(), AccessKey: accessKey, SecretKey: secretKey})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	round() // fasthttp starts one clock in each process, at the first answer
	ignore := goleak.IgnoreCurrent()
	round()
	// fasthttp's cleaner ends by itself when it next wakes up, within 10 s.
	leak.VerifyNone(t, ignore, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

func TestOneGatewayAProcess(t *testing.T) {
	start(t, t.TempDir())
	_, err := s3.Start(t.Context(), s3.Config{Dir: t.TempDir(), AccessKey: accessKey, SecretKey: secretKey})
	if err == nil {
		t.Fatal("a second gateway started")
	}
	t.Log(err)
}

func TestNothingIsPrinted(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	printed := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(r)
		printed <- b
	}()
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = w, w
	func() {
		defer func() { os.Stdout, os.Stderr = stdout, stderr }()
		s, c := start(t, t.TempDir())
		put(t, c, "k", []byte("v"), minio.PutObjectOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = c.StatObject(ctx, s3.Bucket, "k", minio.StatObjectOptions{})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	w.Close()
	if b := <-printed; len(b) != 0 {
		t.Errorf("printed %q", b)
	}
}
