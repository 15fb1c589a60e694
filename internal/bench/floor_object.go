//go:build linux

package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/embedder"
)

// drain runs git and counts its output.
func drain(ctx context.Context, dir string, input io.Reader, args ...string) (int64, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir", dir}, args...)...)
	cmd.Stdin = input
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, out)
	if waited := cmd.Wait(); err == nil {
		err = waited
	}
	return n, err
}

func splitS3(address string) (host, bucket string) {
	host, bucket, _ = strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	return host, bucket
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// pack is an object that leat wrote in a round.
type pack struct {
	id   int64
	key  string
	size int64
}

func (f *floor) packs(ctx context.Context, w wrote, kind string) ([]pack, error) {
	rows, err := f.leat.sql.Query(ctx, "select id, key, size from packs where id > $1 and kind = $2 order by id", w.from.pack, kind)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p pack, err error) {
		return p, row.Scan(&p.id, &p.key, &p.size)
	})
}

// texts compresses and puts the texts of each pack, and embeds the chunks of them that got a
// vector.
func (f *floor) texts(ctx context.Context, w wrote) error {
	packs, err := f.packs(ctx, w, "text")
	if err != nil {
		return err
	}
	for _, p := range packs {
		blobs, err := f.load(ctx, p)
		if err != nil {
			return err
		}
		if err := f.compress(ctx, p, blobs); err != nil {
			return err
		}
		if err := f.embed(ctx, w, p, blobs); err != nil {
			return err
		}
	}
	return nil
}

// load reads the texts of a pack, which are the decoded files that leat read
// from git.
func (f *floor) load(ctx context.Context, p pack) (map[[32]byte][]byte, error) {
	rows, err := f.leat.sql.Query(ctx, "select sha256, position, length, size, crc32c from blobs where pack = $1", p.id)
	if err != nil {
		return nil, err
	}
	var hashes [][32]byte
	spans, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (blob.Span, error) {
		var hash []byte
		var crc int64
		span := blob.Span{Object: p.key}
		err := row.Scan(&hash, &span.Offset, &span.Length, &span.Size, &crc)
		if err == nil {
			span.CRC = uint32(crc)
			hashes = append(hashes, [32]byte(hash))
		}
		return span, err
	})
	if err != nil {
		return nil, err
	}
	blobs := make(map[[32]byte][]byte, len(spans))
	err = f.leat.Blobs.Read(ctx, spans, func(i int, data []byte) error {
		blobs[hashes[i]] = bytes.Clone(data)
		return nil
	})
	return blobs, err
}

func (f *floor) compress(ctx context.Context, p pack, blobs map[[32]byte][]byte) error {
	size := int64(0)
	for _, data := range blobs {
		size += int64(len(data))
	}
	var object []byte
	err := f.time("zstd", int64(len(blobs)), size, func() error {
		for _, data := range blobs {
			object = f.zip.EncodeAll(data, object)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.put(ctx, p, object)
}

func (f *floor) put(ctx context.Context, p pack, object []byte) error {
	return f.time("S3 PUT", 1, int64(len(object)), func() error {
		_, err := f.s3.PutObject(ctx, scratch, p.key, bytes.NewReader(object), int64(len(object)), minio.PutObjectOptions{})
		return err
	})
}

// embedBatch is the number of texts that leat gives the embedder at once.
const embedBatch = 256

// embed computes the vectors of a pack's texts again, as records.
func (f *floor) embed(ctx context.Context, w wrote, p pack, blobs map[[32]byte][]byte) error {
	rows, err := f.leat.sql.Query(ctx, `select distinct on (c.text) k.blob, c.start_byte, c.end_byte
		from blobs b join chunkings k on k.blob = b.sha256 join chunks c on c.chunking = k.id
		where b.pack = $1 and exists (select 1 from embedders e join vectors v on v.embedder = e.id
			where v.text = c.text and v.pack > $2 offset 0)`, p.id, w.from.pack)
	if err != nil {
		return err
	}
	size := int64(0)
	texts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var hash []byte
		var start, end int
		if err := row.Scan(&hash, &start, &end); err != nil {
			return "", err
		}
		size += int64(end - start)
		return string(blobs[[32]byte(hash)][start:end]), nil
	})
	if err != nil {
		return err
	}
	return f.time("embed", int64(len(texts)), size, func() error {
		for ; len(texts) > 0; texts = texts[min(embedBatch, len(texts)):] {
			if err := f.embedBatch(ctx, texts[:min(embedBatch, len(texts))]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *floor) embedBatch(ctx context.Context, texts []string) error {
	dense, err := f.embedder.Embed(ctx, texts, embedder.Document)
	if err != nil {
		return err
	}
	for i, text := range texts {
		v := embedder.Vector{Dense: dense[i], Sparse: embedder.Terms(text)}
		if _, err := v.AppendBinary(nil); err != nil {
			return err
		}
	}
	return nil
}

// vectors puts the packs of vectors that leat wrote.
func (f *floor) vectors(ctx context.Context, w wrote) error {
	packs, err := f.packs(ctx, w, "vector")
	if err != nil {
		return err
	}
	for _, p := range packs {
		reader, err := f.s3.GetObject(ctx, f.bucket, p.key, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		object, err := io.ReadAll(reader)
		_ = reader.Close()
		if err != nil {
			return fmt.Errorf("get %s: %w", p.key, err)
		}
		if err := f.put(ctx, p, object); err != nil {
			return err
		}
	}
	return nil
}
