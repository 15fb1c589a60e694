package blob

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/leatworks/leat/internal/fault"
)

// Attempts at one request inside minio-go, with up to 0.2, 0.4 and 0.8 s of
// waiting after them. What outlives a second is the caller's to retry: it
// holds a message, and knows how often it has tried.
const maxAttempts = 3

// Store reads and writes packs. It is safe for concurrent use.
type Store struct {
	core      minio.Core
	transport *http.Transport
	bucket    string
	prefix    string // empty, or ending in "/"
	region    string
	packBytes int
	timeout   time.Duration
	text      Codec
	vector    Codec
	unzip     *zstd.Decoder // to be closed
}

// Open connects to S3 and finds the bucket, or creates it where cfg says so. A
// configuration that cannot be right is a Reject, a server that is down a
// Retry.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	loc, err := cfg.check()
	if err != nil {
		return nil, fault.Reject(err)
	}
	transport := newTransport(cfg.Timeout)
	client, err := minio.New(loc.endpoint.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:     loc.endpoint.Scheme == "https",
		Transport:  transport,
		Region:     cfg.Region,
		MaxRetries: maxAttempts,
	})
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("open S3 at %s: %w", loc.endpoint.Host, err))
	}
	zip, unzip, err := newFrames(min(runtime.GOMAXPROCS(0), readers))
	if err != nil {
		return nil, fmt.Errorf("open zstd: %w", err)
	}
	s := &Store{
		core: minio.Core{Client: client}, transport: transport,
		bucket: loc.bucket, prefix: loc.prefix, region: cfg.Region,
		packBytes: cfg.PackBytes, timeout: cfg.Timeout,
		text: frames{zip, unzip}, vector: plain{}, unzip: unzip,
	}
	if cfg.Codec != nil {
		s.text, s.vector = cfg.Codec(Text, s.text), cfg.Codec(Vector, s.vector)
	}
	if err := s.findBucket(ctx, cfg.CreateBucket); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// newTransport is minio-go's with a dial that gives up early enough to be
// tried again within the timeout, and no transparent gzip: what is stored is
// what must arrive.
func newTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: timeout / maxAttempts, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		ResponseHeaderTimeout: timeout,
		DisableCompression:    true,
	}
}

func (s *Store) findBucket(ctx context.Context, create bool) error {
	doing := "open bucket " + s.bucket
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	found, err := s.hasBucket(bounded)
	if err != nil {
		return s.explain(ctx, doing, err)
	}
	if found {
		return nil
	}
	if !create {
		return fault.Retry(s.noBucket(doing))
	}
	err = s.core.MakeBucket(bounded, s.bucket, minio.MakeBucketOptions{Region: s.region})
	if err == nil {
		return nil
	}
	// Another process may have created it in between.
	if found, again := s.hasBucket(bounded); again == nil && found {
		return nil
	}
	return s.explain(ctx, "create bucket "+s.bucket, err)
}

// hasBucket asks with HEAD. Its answer has no body, and 404 may mean something
// else (versitygw: no such access key), so a listing confirms that one.
func (s *Store) hasBucket(ctx context.Context) (bool, error) {
	found, err := s.core.BucketExists(ctx, s.bucket)
	if found || err != nil {
		return found, err
	}
	for info := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, MaxKeys: 1}) {
		if minio.ToErrorResponse(info.Err).Code == minio.NoSuchBucket {
			return false, nil
		}
		return info.Err == nil, info.Err
	}
	return ctx.Err() == nil, ctx.Err()
}

// Ready says whether the bucket can be reached.
func (s *Store) Ready(ctx context.Context) error {
	return s.findBucket(ctx, false)
}

// Close lets go of idle connections and of the codec. No call may be under way.
func (s *Store) Close() {
	s.transport.CloseIdleConnections()
	s.unzip.Close()
}

// keyPattern is what Put names a pack, below the prefix.
var keyPattern = regexp.MustCompile(`^(text|vector)/([0-9a-f]{64})\.pack$`)

// Delete removes a pack. A pack that is not there is no error; a key that Put
// cannot have written is refused.
func (s *Store) Delete(ctx context.Context, key string) error {
	if !keyPattern.MatchString(key) {
		return fault.Reject(fmt.Errorf("delete %q: not the key of a pack", key))
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.core.RemoveObject(bounded, s.bucket, s.prefix+key, minio.RemoveObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		return s.explain(ctx, "delete "+key, err)
	}
	return nil
}
