package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// MaxPack is the size of the largest pack that is read or written as a whole, in bytes: a pack is written when it is
// full, and its last item may be the largest.
const MaxPack = DefaultPackBytes + maxFrame

// Load returns all bytes of a pack, which it compares with the size and SHA-256 of object. It uses the memory of buf if
// that is large enough.
func (s *Store) Load(ctx context.Context, object Object, buf []byte) ([]byte, error) {
	doing := "load " + object.Key
	if !keyPattern.MatchString(object.Key) || object.Size < 0 || object.Size > MaxPack {
		return nil, fault.Reject(fmt.Errorf("load %q of %d bytes: no pack", object.Key, object.Size))
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	body, info, _, err := s.core.GetObject(bounded, s.bucket, s.prefix+object.Key, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	defer body.Close()
	if info.Size != object.Size {
		return nil, fmt.Errorf("%s: %w: it has %d bytes where %d were stored", doing, ErrCorrupt, info.Size, object.Size)
	}
	buf = resize(buf, int(object.Size))
	if _, err := io.ReadFull(body, buf); err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	if sum := sha256.Sum256(buf); sum != object.SHA256 {
		return nil, fmt.Errorf("%s: %w: it has SHA-256 %x where %x was stored", doing, ErrCorrupt, sum, object.SHA256)
	}
	return buf, nil
}

// PutWhole writes a pack that came from another store. It refuses bytes that do not match the hash in object.
func (s *Store) PutWhole(ctx context.Context, object Object, body []byte) error {
	if !keyPattern.MatchString(object.Key) || int64(len(body)) != object.Size || sha256.Sum256(body) != object.SHA256 {
		return fault.Reject(fmt.Errorf("put %q: these are not its bytes", object.Key))
	}
	return s.put(ctx, object, body)
}

// SetClass has S3 copy a pack onto itself, into a class of storage as S3 names it. Readers find the same bytes at every
// moment.
func (s *Store) SetClass(ctx context.Context, key, class string) error {
	if !keyPattern.MatchString(key) {
		return fault.Reject(fmt.Errorf("set the class of %q: not the key of a pack", key))
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	as := map[string]string{"X-Amz-Storage-Class": class}
	_, err := s.core.CopyObject(bounded, s.bucket, s.prefix+key, s.bucket, s.prefix+key, as, minio.CopySrcOptions{}, minio.PutObjectOptions{})
	if err != nil {
		return s.explain(ctx, "set the class of "+key, err)
	}
	return nil
}

// ReadBody does what Read does, for one pack whose bytes are at hand, such as those of a backup. The calls of fn come
// in the order of spans.
func (s *Store) ReadBody(ctx context.Context, object string, body []byte, spans []Span, fn func(i int, data []byte) error) error {
	by, known := sealingOf(object), make(map[string]bool)
	key, err := s.find(ctx, by, object)
	if err != nil {
		return err
	}
	var w worker
	for i, span := range spans {
		if err := span.check(known); err != nil {
			return err
		}
		if span.Object != object || span.Offset+int64(span.Length) > int64(len(body)) {
			return corrupt(span.Object, span.Offset, "span of %d bytes is not within %s", span.Length, object)
		}
		data, err := w.open(s, key, by, span, body[span.Offset:span.Offset+int64(span.Length)])
		if err != nil {
			return err
		}
		if err := fn(i, data); err != nil {
			return err
		}
	}
	return nil
}
