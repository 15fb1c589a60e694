package backup

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
)

// The layout of a target. No name of an object is a directory of another.
const (
	markName     = "leat-backup.json" // says that the place is a target
	backupsDir   = "backups/"         // backups/ID/manifest.json, draft.json, TABLE.00001.zst …
	packsDir     = "packs/"           // packs/RING/KIND/SHA-256.pack, or .pack.SHA-256.age
	pruningDir   = "pruning/"         // a mark for each prune that is deleting packs
	manifestName = "manifest.json"
	draftName    = "draft.json" // the unfinished manifest, while the backup is made
)

// Bounds on objects, because anybody may have put them into a target.
const (
	maxObject   = 160 << 20
	maxManifest = 64 << 20
)

func backupDir(id string) string { return backupsDir + id + "/" }

// Vault reads and writes the backups of a target. It is safe for concurrent use.
type Vault struct {
	target   Target
	crypt    Crypt
	log      *slog.Logger
	patience time.Duration // time after which a prune without a sign of life counts as dead
	unread   atomic.Int64  // objects that could be written but not read back

	// One encoder and one decoder serve all streams, because any number of goroutines may call
	// EncodeAll and DecodeAll. Each holds some megabytes.
	zip   func() (*zstd.Encoder, error)
	unzip func() (*zstd.Decoder, error)
}

// DefaultPatience is the time after which a prune without a sign of life counts as dead.
const DefaultPatience = 2 * time.Minute

// NewVault returns a vault over a target, which the caller closes.
func NewVault(target Target, crypt Crypt, log *slog.Logger) *Vault {
	return &Vault{
		target: target, crypt: crypt, log: log, patience: DefaultPatience,
		zip: sync.OnceValues(newZip), unzip: sync.OnceValues(newUnzip),
	}
}

// mark is the content of the object that makes a place a target.
type mark struct {
	Format int `json:"format"`
}

// ErrNoTarget says that a place is not a target of backups.
var ErrNoTarget = errors.New("there are no backups of leat there")

// look checks that this program can read the target. With begin it makes an empty place a target.
func (v *Vault) look(ctx context.Context, begin bool) error {
	content, err := v.get(ctx, markName, maxManifest)
	var m mark
	switch {
	case errors.Is(err, ErrMissing) && begin:
		return v.begin(ctx)
	case errors.Is(err, ErrMissing):
		return ErrNoTarget
	case err != nil:
		return err
	case json.Unmarshal(content, &m) != nil || m.Format < 1:
		return fmt.Errorf("%w: its %s cannot be read", ErrNoTarget, markName)
	case m.Format > format:
		return ErrNewer
	}
	return nil
}

func (v *Vault) begin(ctx context.Context) error {
	for item, err := range v.target.List(ctx, "") {
		if err != nil {
			return err
		}
		return fmt.Errorf("%w, and it is not empty (%.100q): name an empty directory or prefix", ErrNoTarget, item.Name)
	}
	body, err := json.Marshal(mark{format})
	if err != nil {
		return err
	}
	return v.put(ctx, markName, body)
}

func (v *Vault) get(ctx context.Context, name string, most int64) (content []byte, err error) {
	err = persist(ctx, func() (err error) {
		content, err = v.target.Get(ctx, name, most)
		return err
	})
	return content, err
}

// put writes an object and reads it back. It fails if the target holds other bytes. If the target
// permits no reading, put trusts it.
func (v *Vault) put(ctx context.Context, name string, body []byte) error {
	if err := persist(ctx, func() error { return v.target.Put(ctx, name, body) }); err != nil {
		return err
	}
	held, err := v.get(ctx, name, int64(len(body)))
	switch {
	case errors.Is(err, ErrForbidden):
		v.unread.Add(1)
		return nil
	case errors.Is(err, ErrMissing):
		return fmt.Errorf("put %s: %w: it is not there", name, ErrUntrue)
	case err != nil:
		return fmt.Errorf("read back what was written: %w", err)
	case !bytes.Equal(held, body):
		return fmt.Errorf("put %s: %w: other bytes are there", name, ErrUntrue)
	}
	return nil
}

// newID names a backup. Ids sort in the order of time: the last part begins with the fraction of
// the second, in units of 1/65,536, and ends with random digits.
func newID(at time.Time) string {
	var last [4]byte
	_, _ = rand.Read(last[2:]) // never fails
	binary.BigEndian.PutUint16(last[:], uint16(uint64(at.Nanosecond())<<16/1e9))
	return at.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(last[:])
}

// timeOf returns the time in an id.
func timeOf(id string) time.Time {
	at, _ := time.Parse("20060102T150405Z", strings.SplitN(id, "-", 2)[0]) // after an error it is the zero time, which is old
	return at
}

func hexSum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// load returns the manifest of a backup after checking its signature.
func (v *Vault) load(ctx context.Context, id string) (Manifest, error) {
	return v.read(ctx, id, manifestName)
}

func (v *Vault) read(ctx context.Context, id, name string) (Manifest, error) {
	content, err := v.get(ctx, backupDir(id)+name, maxManifest)
	if err != nil {
		return Manifest{}, err
	}
	m, err := readManifest(content, id)
	if err != nil {
		return Manifest{}, fmt.Errorf("backup %s: %w", id, err)
	}
	return m, nil
}

// save writes a manifest, or a draft of one.
func (v *Vault) save(ctx context.Context, m Manifest, name string, key ed25519.PrivateKey) error {
	body, err := m.sign(key)
	if err != nil {
		return err
	}
	return v.put(ctx, backupDir(m.ID)+name, body)
}

// clear returns the vault without recipients.
func (v *Vault) clear() *Vault {
	return &Vault{target: v.target, log: v.log, patience: v.patience, zip: v.zip, unzip: v.unzip}
}
