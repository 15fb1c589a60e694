package testpipe

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket returns a client of S3 with the keys of leat.
func (p *Pipe) bucket(t testing.TB) (*minio.Client, string) {
	t.Helper()
	u, err := url.Parse(p.Addresses.S3)
	must(t, err)
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(p.Addresses.S3AccessKey, p.Addresses.S3SecretKey, ""), Secure: u.Scheme == "https",
	})
	must(t, err)
	return client, strings.Trim(u.Path, "/")
}

// Objects returns the content of every object, by key.
func (p *Pipe) Objects(t testing.TB) map[string][]byte {
	t.Helper()
	client, bucket := p.bucket(t)
	all := make(map[string][]byte)
	for o := range client.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{Recursive: true}) {
		must(t, o.Err)
		all[o.Key] = p.object(t, o.Key)
	}
	return all
}

// Keys returns the keys of all objects, in order.
func (p *Pipe) Keys(t testing.TB) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(p.Objects(t)))
}

func (p *Pipe) object(t testing.TB, key string) []byte {
	t.Helper()
	client, bucket := p.bucket(t)
	body, err := client.GetObject(t.Context(), bucket, key, minio.GetObjectOptions{})
	must(t, err)
	defer body.Close()
	content, err := io.ReadAll(body)
	must(t, err)
	return content
}

// PutObject writes an object without leat's knowledge.
func (p *Pipe) PutObject(t testing.TB, key string, content []byte) {
	t.Helper()
	client, bucket := p.bucket(t)
	_, err := client.PutObject(t.Context(), bucket, key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{DisableContentSha256: true})
	must(t, err)
}

// ChangeObject replaces an object by the result of change.
func (p *Pipe) ChangeObject(t testing.TB, key string, change func([]byte) []byte) {
	t.Helper()
	p.PutObject(t, key, change(p.object(t, key)))
}

// DeleteObject removes an object.
func (p *Pipe) DeleteObject(t testing.TB, key string) {
	t.Helper()
	client, bucket := p.bucket(t)
	must(t, client.RemoveObject(t.Context(), bucket, key, minio.RemoveObjectOptions{}))
}

// Classes returns the class of storage of every object, by key.
func (p *Pipe) Classes(t testing.TB) map[string]string {
	t.Helper()
	client, bucket := p.bucket(t)
	classes := make(map[string]string)
	for _, key := range p.Keys(t) {
		info, err := client.StatObject(t.Context(), bucket, key, minio.StatObjectOptions{})
		must(t, err)
		classes[key] = cmp.Or(info.Metadata.Get("X-Amz-Storage-Class"), "STANDARD")
	}
	return classes
}
