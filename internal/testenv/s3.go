package testenv

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/leatworks/leat/devstack/s3"
)

// Bucket is an empty bucket and the keys to it.
type Bucket struct {
	URL                  string // http(s)://host:port/bucket
	AccessKey, SecretKey string
}

// S3 returns a new bucket, which is emptied and removed when the test ends.
func S3(t testing.TB) Bucket {
	t.Helper()
	b, err := shared.s3Server()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	u, err := url.Parse(b.URL)
	if err != nil || u.Host == "" {
		t.Fatal("testenv: LEAT_TEST_S3_URL is not a URL of the form http://host:port")
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""),
		Secure:    u.Scheme == "https",
		Region:    s3.Region,
		Transport: transport,
	})
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	name := "test-" + strings.ToLower(rand.Text()[:16])
	if err := client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{Region: s3.Region}); err != nil {
		t.Fatalf("testenv: make bucket: %v", err)
	}
	transport.CloseIdleConnections() // a test may look for leaked goroutines
	t.Cleanup(func() {
		defer transport.CloseIdleConnections()
		if err := removeBucket(client, name); err != nil {
			t.Errorf("testenv: remove bucket: %v", err)
		}
	})
	b.URL = u.JoinPath(name).String()
	return b
}

func removeBucket(client *minio.Client, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	for o := range client.ListObjects(ctx, name, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			return o.Err
		}
		if err := client.RemoveObject(ctx, name, o.Key, minio.RemoveObjectOptions{}); err != nil {
			return err
		}
	}
	return client.RemoveBucket(ctx, name)
}

// s3Server returns the address of the server and its keys. It starts one only if none runs, because
// a process can have only one.
func (s *state) s3Server() (Bucket, error) {
	if given := os.Getenv("LEAT_TEST_S3_URL"); given != "" {
		return Bucket{given, os.Getenv("LEAT_TEST_S3_ACCESS_KEY"), os.Getenv("LEAT_TEST_S3_SECRET_KEY")}, nil
	}
	const user, password = "test", "not-a-secret"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.s3 == nil {
		dir, err := s.dir()
		if err != nil {
			return Bucket{}, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		s.s3, err = s3.Start(ctx, s3.Config{Dir: filepath.Join(dir, "s3"), AccessKey: user, SecretKey: password, Fast: true})
		if err != nil {
			return Bucket{}, fmt.Errorf("serve the tests' buckets: %w", err)
		}
	}
	return Bucket{"http://" + s.s3.Addr(), user, password}, nil
}
