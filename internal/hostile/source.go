package hostile

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/leatworks/leat/internal/gitrun"
)

// sources returns repositories that can never be fetched.
func sources() []Kind {
	return []Kind{
		{Name: "a_branch_that_is_not_utf8", Make: func(_ context.Context, r *Repo) error {
			commit := r.commit(r.tree(r.good()))
			r.git(nil, "update-ref", "refs/heads/b\xe9", commit)
			r.git(nil, "symbolic-ref", "HEAD", "refs/heads/b\xe9")
			return r.Err()
		}, Want: Want{Rejected: "not UTF-8"}},
		{Name: "a_missing_commit", Make: func(_ context.Context, r *Repo) error {
			r.commit(r.tree(r.good()))
			if r.err != nil {
				return r.err
			}
			return os.WriteFile(filepath.Join(r.Dir, "refs", "heads", "main"), []byte("3333333333333333333333333333333333333333\n"), 0o600)
		}, Want: Want{Rejected: "damaged at its source"}},
		{Name: "a_damaged_pack", Make: damagedPack, Want: Want{Rejected: "damaged at its source"}},
		{Name: "a_partial_clone", Make: partialClone, Want: Want{Rejected: "partial clone"}},
		{Name: "a_delta_bomb", Make: deltaBomb, Want: Want{Skipped: map[string]string{"a": "too_large", "b": "too_large"}}},
		{Name: "nothing", Make: func(_ context.Context, r *Repo) error { return r.Err() }, Want: Want{Rejected: "empty"}},
	}
}

// damagedPack breaks a file in the middle of the only pack.
func damagedPack(_ context.Context, r *Repo) error {
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	r.commit(r.tree(item{"100644", "a", r.object("blob", noise)}, r.good()))
	r.git(nil, "-c", "core.compression=0", "repack", "-a", "-d", "-q")
	packs, err := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "*.pack"))
	if r.err != nil || err != nil || len(packs) != 1 {
		return fmt.Errorf("%d packs: %w", len(packs), r.err)
	}
	content, err := os.ReadFile(packs[0])
	if err != nil {
		return err
	}
	copy(content[len(content)/2:], "XXXXXXXXXXXXXXXX")
	if err := os.Remove(packs[0]); err != nil {
		return err
	}
	return os.WriteFile(packs[0], content, 0o600)
}

// partialClone leaves out a file, as if only its origin had it.
func partialClone(_ context.Context, r *Repo) error {
	oid := r.blob("promised\n")
	r.commit(r.tree(item{"100644", "a", oid}, r.good()))
	r.git(nil, "config", "remote.origin.promisor", "true")
	r.git(nil, "config", "remote.origin.partialclonefilter", "blob:none")
	if r.err != nil {
		return r.err
	}
	return os.Remove(filepath.Join(r.Dir, "objects", oid[:2], oid[2:]))
}

// deltaBomb makes a pack of some kilobytes that holds a file of 640 MiB: forty copies of one of 16
// MiB.
func deltaBomb(ctx context.Context, r *Repo) error {
	const base, copies = 1<<24 - 1, 40
	zeros := make([]byte, base)
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", base*copies)
	for range copies {
		sum.Write(zeros)
	}
	delta := binary.AppendUvarint(binary.AppendUvarint(nil, base), base*copies)
	for range copies {
		delta = append(delta, 0x80|0x70, 0xff, 0xff, 0xff) // copy 2^24-1 bytes from the beginning
	}
	baseSum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", base), zeros...))
	var pack bytes.Buffer
	pack.WriteString("PACK\x00\x00\x00\x02\x00\x00\x00\x02")
	writeObject(&pack, 3, nil, zeros)
	writeObject(&pack, 7, baseSum[:], delta)
	trailer := sha1.Sum(pack.Bytes())
	pack.Write(trailer[:])
	if _, err := gitrun.Run(ctx, &pack, "-C", r.Dir, "index-pack", "--stdin", "--threads=1"); err != nil {
		return err
	}
	r.commit(r.tree(item{"100644", "a", hex.EncodeToString(baseSum[:])}, item{"100644", "b", hex.EncodeToString(sum.Sum(nil))}, r.good()))
	return r.Err()
}

// writeObject writes an object of a pack: its type and size, perhaps the name of
// its base, and its content, compressed.
func writeObject(pack *bytes.Buffer, kind byte, base, content []byte) {
	size := len(content)
	head := kind<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		pack.WriteByte(head | 0x80)
		head = byte(size & 0x7f)
	}
	pack.WriteByte(head)
	pack.Write(base)
	compressed := zlib.NewWriter(pack)
	_, _ = compressed.Write(content) // a buffer never fails
	_ = compressed.Close()
}
