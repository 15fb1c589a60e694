package s3

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// PutObject syncs the content before it gives it a name, and the name before it answers. So no reader sees half an
// object, not even after a crash.
func (b *rooted) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	name := in.Bucket
	dir, err := b.object(name, in.Key)
	if err != nil {
		return s3response.PutObjectOutput{}, err
	}
	in.Bucket, in.ContentEncoding = dir, plain(in.ContentEncoding)
	staged := func(f *os.File) error {
		if !b.durable {
			return nil
		}
		return f.Sync()
	}
	out, err := b.posix.PutObjectWithPostFunc(ctx, in, staged)
	if err == nil && b.durable {
		err = syncPath(*dir, filepath.Dir(filepath.Join(*dir, *in.Key)))
	}
	return out, b.checked(ctx, "PutObject", err)
}

func (b *rooted) GetObject(ctx context.Context, in *awss3.GetObjectInput) (*awss3.GetObjectOutput, error) {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.GetObject(ctx, &request)
	if err == nil {
		out.Metadata, out.StorageClass = classOf(out.Metadata, out.StorageClass)
	}
	return out, b.checked(ctx, "GetObject", err)
}

func (b *rooted) HeadObject(ctx context.Context, in *awss3.HeadObjectInput) (*awss3.HeadObjectOutput, error) {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.HeadObject(ctx, &request)
	if err == nil {
		out.Metadata, out.StorageClass = classOf(out.Metadata, out.StorageClass)
	}
	return out, b.checked(ctx, "HeadObject", err)
}

func (b *rooted) DeleteObject(ctx context.Context, in *awss3.DeleteObjectInput) (*awss3.DeleteObjectOutput, error) {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.DeleteObject(ctx, &request)
	return out, b.checked(ctx, "DeleteObject", err)
}

func (b *rooted) DeleteObjects(ctx context.Context, in *awss3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	dir, err := b.dir(in.Bucket)
	if err != nil {
		return s3response.DeleteResult{}, err
	}
	for _, o := range in.Delete.Objects {
		if _, err := b.object(in.Bucket, o.Key); err != nil {
			return s3response.DeleteResult{}, err
		}
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.DeleteObjects(ctx, &request)
	return out, b.checked(ctx, "DeleteObjects", err)
}

func (b *rooted) ListObjects(ctx context.Context, in *awss3.ListObjectsInput) (s3response.ListObjectsResult, error) {
	dir, err := b.dir(in.Bucket)
	if err != nil {
		return s3response.ListObjectsResult{}, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.ListObjects(ctx, &request)
	out.Name = in.Bucket
	return out, b.checked(ctx, "ListObjects", err)
}

func (b *rooted) ListObjectsV2(ctx context.Context, in *awss3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	dir, err := b.dir(in.Bucket)
	if err != nil {
		return s3response.ListObjectsV2Result{}, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.ListObjectsV2(ctx, &request)
	out.Name = in.Bucket
	return out, b.checked(ctx, "ListObjectsV2", err)
}

// classKey is the metadata that holds an object's storage class, because posix knows only one class.
const classKey = "leat-storage-class"

// CopyObject serves the only copy that leat asks for: an object is copied onto itself, into another class. Other copies
// are not implemented.
func (b *rooted) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (out s3response.CopyObjectOutput, err error) {
	bucket, key, _, err := backend.ParseCopySource(*in.CopySource)
	if err != nil {
		return out, err
	}
	if in.Bucket == nil || in.Key == nil || bucket != *in.Bucket || key != *in.Key {
		return out, s3err.GetAPIError(s3err.ErrNotImplemented)
	}
	source, err := b.GetObject(ctx, &awss3.GetObjectInput{Bucket: in.Bucket, Key: in.Key})
	if err != nil {
		return out, err
	}
	defer source.Body.Close()
	metadata := map[string]string{classKey: string(cmp.Or(in.StorageClass, types.StorageClassStandard))}
	for name, value := range source.Metadata {
		metadata[name] = value
	}
	put, err := b.PutObject(ctx, s3response.PutObjectInput{
		Bucket: in.Bucket, Key: in.Key, Body: source.Body, ContentLength: source.ContentLength,
		ContentType: source.ContentType, ContentEncoding: source.ContentEncoding, Metadata: metadata,
	})
	if err != nil {
		return out, err
	}
	now := time.Now()
	out.CopyObjectResult = &s3response.CopyObjectResult{ETag: &put.ETag, LastModified: &now}
	return out, nil
}

// classOf removes the class from an object's metadata and returns it.
func classOf(metadata map[string]string, class types.StorageClass) (map[string]string, types.StorageClass) {
	if kept, ok := metadata[classKey]; ok {
		delete(metadata, classKey)
		return metadata, types.StorageClass(kept)
	}
	return metadata, class
}
