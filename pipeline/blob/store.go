package blob

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/leatworks/leat/internal/fault"
)

// maxAttempts bounds the attempts at one request inside minio-go, which waits up to 0.2, 0.4 and 0.8 s after them. The
// caller retries longer outages: it holds a message, and knows how often it has tried.
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
	sealer    Sealer        // nil: new packs are not sealed
	unzip     *zstd.Decoder // closed by Close
}

// Open connects to S3 and looks for the bucket. It creates the bucket if cfg says so. An invalid configuration is a
// Reject, and a server that is down is a Retry.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	loc, err := cfg.check()
	if err != nil {
		return nil, fault.Reject(err)
	}
	first := loc.endpoints[0]
	transport := newTransport(cfg.Timeout, cfg.TLS)
	options := &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:     first.Scheme == "https",
		Transport:  transport,
		Region:     cfg.Region,
		MaxRetries: max(maxAttempts, len(loc.endpoints)),
	}
	if len(loc.endpoints) > 1 {
		// An endpoint that takes a request and says nothing leaves time for the next one.
		transport.ResponseHeaderTimeout = cfg.Timeout / time.Duration(options.MaxRetries)
		options.Transport = &endpoints{next: transport, all: loc.endpoints}
	}
	client, err := minio.New(first.Host, options)
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("open S3 at %s: %w", first.Host, err))
	}
	zip, unzip, err := newFrames(min(runtime.GOMAXPROCS(0), readers))
	if err != nil {
		return nil, fmt.Errorf("open zstd: %w", err)
	}
	s := &Store{
		core: minio.Core{Client: client}, transport: transport,
		bucket: loc.bucket, prefix: loc.prefix, region: cfg.Region,
		packBytes: cfg.PackBytes, timeout: cfg.Timeout,
		text: frames{zip, unzip}, vector: plain{}, unzip: unzip, sealer: cfg.Sealer,
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

// newTransport returns a transport like that of minio-go, with two differences. A dial gives up early enough for
// another attempt within the timeout, and there is no transparent gzip, because the bytes must arrive as they are
// stored.
func newTransport(timeout time.Duration, secure *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: timeout / maxAttempts, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
		TLSClientConfig:       secure,
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

// hasBucket sends a HEAD request. Its answer has no body, and 404 may have another cause (versitygw: an unknown access
// key), so a listing confirms a 404.
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

// Ready returns an error if the bucket cannot be reached.
func (s *Store) Ready(ctx context.Context) error {
	return s.findBucket(ctx, false)
}

// Close closes idle connections and the decoder. No call may be under way.
func (s *Store) Close() {
	s.transport.CloseIdleConnections()
	s.unzip.Close()
}

// Delete removes a pack. A missing pack is no error. A key that Put cannot have written is a Reject.
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
