package s3

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"

	"github.com/leatworks/leat/internal/file"
)

// The directories below Config.Dir: one for the buckets, and one for the objects' metadata if the file system has no
// extended attributes.
const (
	bucketsDir  = "buckets"
	metadataDir = "metadata"
)

// rooted is a posix backend that does not depend on the working directory. posix resolves a bucket relative to the
// working directory, and when it is made changes that to the buckets' parent. But the working directory belongs to the
// process, and other code relies on it. So rooted passes each bucket to posix as an absolute path, and turns the path
// back into the bucket's name.
//
// It serves the operations that it lists. All others are not implemented.
type rooted struct {
	backend.BackendUnsupported
	posix   *posix.Posix
	root    string
	durable bool
	log     *slog.Logger
}

func newBackend(dir string, durable bool, log *slog.Logger) (*rooted, error) {
	root := filepath.Join(dir, bucketsDir)
	store, err := metadata(dir, root)
	if err != nil {
		return nil, err
	}
	// Each GET allocates a buffer, which has 1 MiB by default. But most of leat's GETs read some KiB.
	opts := posix.PosixOpts{CopyObjectThreshold: 5 << 30, IOBufferSize: 64 << 10}
	opts.SetNewDirPerm(0o700)
	opts.SetNewFilePerm(0o600)
	p, err := openPosix(root, store, opts)
	if err != nil {
		return nil, err
	}
	return &rooted{posix: p, root: root, durable: durable, log: log}, nil
}

// metadata keeps types and checksums in extended attributes, or beside the buckets if the file system has none. A
// directory keeps its first choice.
func metadata(dir, root string) (meta.MetadataStorer, error) {
	beside := filepath.Join(dir, metadataDir)
	_, err := os.Stat(beside)
	if errors.Is(err, fs.ErrNotExist) && (meta.XattrMeta{}).Test(root) == nil {
		return meta.XattrMeta{}, nil
	}
	if err := os.MkdirAll(beside, 0o700); err != nil {
		return nil, err
	}
	return meta.NewSideCar(beside)
}

func (b *rooted) String() string { return "leat" }
func (b *rooted) Shutdown()      { b.posix.Shutdown() }

func (b *rooted) NormalizeObjectKey(bucket, key string) string {
	return b.posix.NormalizeObjectKey(bucket, key)
}

// dir returns the directory of a bucket that exists.
func (b *rooted) dir(bucket *string) (*string, error) {
	if bucket == nil || !plainName(*bucket) {
		return nil, s3err.GetAPIError(s3err.ErrInvalidBucketName)
	}
	path := filepath.Join(b.root, *bucket)
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil, s3err.GetBucketErr(s3err.ErrNoSuchBucket, *bucket)
	}
	return &path, nil
}

// object does what dir does, for a request that names a key.
func (b *rooted) object(bucket, key *string) (*string, error) {
	if key == nil || !filepath.IsLocal(*key) {
		return nil, s3err.GetAPIError(s3err.ErrInvalidRequest)
	}
	return b.dir(bucket)
}

func plainName(bucket string) bool {
	return filepath.IsLocal(bucket) && bucket != "." && !strings.ContainsRune(bucket, filepath.Separator)
}

// checked passes on the protocol's own errors. It logs any other error and replaces it by InternalError, because the
// gateway would print it.
func (b *rooted) checked(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := err.(s3err.S3Error); ok { //nolint:errorlint // the gateway, too, looks no deeper
		return known
	}
	b.log.ErrorContext(ctx, "s3 request failed", "operation", op, "error", err)
	return s3err.GetAPIError(s3err.ErrInternalError)
}

// plain removes the parts that describe only the transfer from a content encoding.
func plain(encoding *string) *string {
	if encoding == nil {
		return nil
	}
	var kept []string
	for part := range strings.SplitSeq(*encoding, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	joined := strings.Join(kept, ",")
	return &joined
}

func (b *rooted) HeadBucket(ctx context.Context, in *awss3.HeadBucketInput) (*awss3.HeadBucketOutput, error) {
	if _, err := b.dir(in.Bucket); err != nil {
		return nil, err
	}
	return &awss3.HeadBucketOutput{}, nil
}

func (b *rooted) CreateBucket(ctx context.Context, in *awss3.CreateBucketInput, _ []byte) error {
	if in.Bucket == nil || !plainName(*in.Bucket) {
		return s3err.GetAPIError(s3err.ErrInvalidBucketName)
	}
	err := os.Mkdir(filepath.Join(b.root, *in.Bucket), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return s3err.GetBucketErr(s3err.ErrBucketAlreadyOwnedByYou, *in.Bucket)
	}
	if err == nil && b.durable {
		err = file.Sync(b.root)
	}
	return b.checked(ctx, "CreateBucket", err)
}

func (b *rooted) DeleteBucket(ctx context.Context, bucket string) error {
	dir, err := b.dir(&bucket)
	if err != nil {
		return err
	}
	return b.checked(ctx, "DeleteBucket", b.posix.DeleteBucket(ctx, *dir))
}

// The gateway asks for these with every request. There is one account with all rights, and nothing to configure.

func (b *rooted) GetBucketAcl(_ context.Context, in *awss3.GetBucketAclInput) ([]byte, error) {
	_, err := b.dir(in.Bucket)
	return nil, err
}

func (b *rooted) GetBucketPolicy(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrNoSuchBucketPolicy)
}

func (b *rooted) GetBucketCors(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrNoSuchCORSConfiguration)
}

func (b *rooted) GetBucketVersioning(context.Context, string) (s3response.GetBucketVersioningOutput, error) {
	return s3response.GetBucketVersioningOutput{}, nil
}

func (b *rooted) GetBucketOwnershipControls(context.Context, string) (types.ObjectOwnership, error) {
	return types.ObjectOwnershipBucketOwnerEnforced, nil
}

func (b *rooted) GetObjectLockConfiguration(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrObjectLockConfigurationNotFound)
}

// syncPath makes the file at path durable, with its name and the directories from root down to it.
func syncPath(root, path string) error {
	for dir := path; ; dir = filepath.Dir(dir) {
		if err := file.Sync(dir); err != nil {
			return err
		}
		if dir == root {
			return nil
		}
	}
}
