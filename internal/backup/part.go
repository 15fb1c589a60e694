package backup

import (
	"context"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// partBytes is the size of the piece of a stream that one object holds, before compression.
const partBytes = 8 << 20

func newZip() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
}

func newUnzip() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(partBytes), zstd.WithDecodeAllCapLimit(true))
}

// writer cuts a stream into objects. Each is one zstd frame, encrypted if so configured. So each
// can be checked and read alone, in bounded memory.
type writer struct {
	ctx   context.Context
	vault *Vault
	zip   *zstd.Encoder
	stem  string // of the objects' names
	buf   []byte
	parts []Part
}

func (v *Vault) writer(ctx context.Context, id, stream string) (*writer, error) {
	zip, err := v.zip()
	if err != nil {
		return nil, fmt.Errorf("open zstd: %w", err)
	}
	return &writer{ctx: ctx, vault: v, zip: zip, stem: backupDir(id) + stream}, nil
}

func (w *writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		take := min(len(p), partBytes-len(w.buf))
		w.buf, p = append(w.buf, p[:take]...), p[take:]
		if len(w.buf) == partBytes {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// flush writes the gathered bytes as an object.
func (w *writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	part := Part{Name: fmt.Sprintf("%s.%05d.zst", w.stem, len(w.parts)+1), Bytes: int64(len(w.buf))}
	if w.vault.crypt.encrypts() {
		part.Name += ".age"
	}
	body, err := w.vault.crypt.seal(w.zip.EncodeAll(w.buf, nil))
	if err != nil {
		return err
	}
	part.Size, part.SHA256 = int64(len(body)), hexSum(body)
	if err := w.vault.put(w.ctx, part.Name, body); err != nil {
		return err
	}
	w.parts, w.buf = append(w.parts, part), w.buf[:0]
	return nil
}

// finish writes the rest and returns the parts.
func (w *writer) finish() ([]Part, error) {
	if err := w.flush(); err != nil {
		return nil, err
	}
	return w.parts, nil
}

// fetch returns an object of a backup after checking its hash.
func (v *Vault) fetch(ctx context.Context, p Part) ([]byte, error) {
	body, err := v.get(ctx, p.Name, p.Size)
	if err != nil {
		return nil, err
	}
	if int64(len(body)) != p.Size || hexSum(body) != p.SHA256 {
		return nil, fmt.Errorf("get %s: %w", p.Name, ErrUntrue)
	}
	return body, nil
}

// reader joins the parts of a stream.
type reader struct {
	ctx       context.Context
	vault     *Vault
	unzip     *zstd.Decoder
	encrypted bool
	parts     []Part
	rest      []byte
}

// reader returns the stream of parts. It checks each part before it hands out a byte of it.
func (v *Vault) reader(ctx context.Context, m Manifest, parts []Part) (io.ReadCloser, error) {
	unzip, err := v.unzip()
	if err != nil {
		return nil, fmt.Errorf("open zstd: %w", err)
	}
	return &reader{ctx: ctx, vault: v, unzip: unzip, encrypted: len(m.Encrypted) > 0, parts: parts}, nil
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if len(r.parts) == 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *reader) next() error {
	part := r.parts[0]
	body, err := r.vault.fetch(r.ctx, part)
	if err != nil {
		return err
	}
	if r.rest, err = r.vault.unpack(r.unzip, part, body, r.encrypted); err != nil {
		return err
	}
	r.parts = r.parts[1:]
	return nil
}

// unpack returns the piece of the stream in an object.
func (v *Vault) unpack(unzip *zstd.Decoder, part Part, body []byte, encrypted bool) (piece []byte, err error) {
	if encrypted {
		if body, err = v.crypt.open(body, maxObject); err != nil {
			return nil, fmt.Errorf("open %s: %w", part.Name, err)
		}
	}
	piece, err = unzip.DecodeAll(body, make([]byte, 0, part.Bytes))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", part.Name, err)
	}
	if int64(len(piece)) != part.Bytes {
		return nil, fmt.Errorf("open %s: %w: %d bytes where %d were stored", part.Name, ErrUntrue, len(piece), part.Bytes)
	}
	return piece, nil
}

// Close implements io.Closer.
func (r *reader) Close() error { return nil }
