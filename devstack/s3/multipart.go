package s3

import (
	"context"
	"path/filepath"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/s3response"
)

func (b *rooted) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	name := in.Bucket
	dir, err := b.object(name, in.Key)
	if err != nil {
		return s3response.InitiateMultipartUploadResult{}, err
	}
	in.Bucket, in.ContentEncoding = dir, plain(in.ContentEncoding)
	out, err := b.posix.CreateMultipartUpload(ctx, in)
	out.Bucket = *name
	return out, b.checked(ctx, "CreateMultipartUpload", err)
}

func (b *rooted) UploadPart(ctx context.Context, in *awss3.UploadPartInput) (*awss3.UploadPartOutput, error) {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.UploadPart(ctx, &request)
	return out, b.checked(ctx, "UploadPart", err)
}

// CompleteMultipartUpload syncs the object after the object has its name, because only posix can join the parts. The
// object is not acknowledged before that.
func (b *rooted) CompleteMultipartUpload(ctx context.Context, in *awss3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	request := *in
	request.Bucket = dir
	out, version, err := b.posix.CompleteMultipartUpload(ctx, &request)
	if err == nil && b.durable {
		err = syncPath(*dir, filepath.Join(*dir, *in.Key))
	}
	out.Bucket = in.Bucket
	return out, version, b.checked(ctx, "CompleteMultipartUpload", err)
}

func (b *rooted) AbortMultipartUpload(ctx context.Context, in *awss3.AbortMultipartUploadInput) error {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return err
	}
	request := *in
	request.Bucket = dir
	return b.checked(ctx, "AbortMultipartUpload", b.posix.AbortMultipartUpload(ctx, &request))
}

func (b *rooted) ListMultipartUploads(ctx context.Context, in *awss3.ListMultipartUploadsInput) (s3response.ListMultipartUploadsResult, error) {
	dir, err := b.dir(in.Bucket)
	if err != nil {
		return s3response.ListMultipartUploadsResult{}, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.ListMultipartUploads(ctx, &request)
	out.Bucket = *in.Bucket
	return out, b.checked(ctx, "ListMultipartUploads", err)
}

func (b *rooted) ListParts(ctx context.Context, in *awss3.ListPartsInput) (s3response.ListPartsResult, error) {
	dir, err := b.object(in.Bucket, in.Key)
	if err != nil {
		return s3response.ListPartsResult{}, err
	}
	request := *in
	request.Bucket = dir
	out, err := b.posix.ListParts(ctx, &request)
	out.Bucket = *in.Bucket
	return out, b.checked(ctx, "ListParts", err)
}
