package backup

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

// format is the version of the layout and of the manifest. A program reads all versions up to its
// own.
const format = 1

// Manifest describes one backup.
type Manifest struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"`
	TakenAt   time.Time `json:"taken_at"`            // the point in time
	EndedAt   time.Time `json:"ended_at"`            // time at which the last object was written; zero in a draft
	Version   string    `json:"version"`             // of the leat that made it
	Schema    int64     `json:"schema"`              // version of the catalog's newest migration
	Origin    string    `json:"origin"`              // public key of the leat, whose private key signs
	Encrypted []string  `json:"encrypted,omitempty"` // age recipients; none: everybody can read the objects

	Tables    []TableParts       `json:"tables"`
	Sequences []catalog.Sequence `json:"sequences"`
	Intake    Parts              `json:"intake"`
	Packs     PackParts          `json:"packs"`
	// Points are the points of the index. Nil: they were not copied.
	Points *PointParts `json:"points,omitempty"`

	// Digest is the output of 'leat digest' at the point in time. Nil: work was under way, or the
	// index did not answer.
	Digest    *point.Digest `json:"digest"`
	Documents int64         `json:"documents"` // in every state
	Unread    int64         `json:"unread"`    // objects that the target did not let leat read back
}

// Parts is a stream of lines, cut into objects.
type Parts struct {
	Rows  int64  `json:"rows"`
	Parts []Part `json:"parts"`
}

// Part is an object with a piece of a stream.
type Part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // of the object
	SHA256 string `json:"sha256"` // of the object, hex
	Bytes  int64  `json:"bytes"`  // of the piece
}

// TableParts is a table of the catalog.
type TableParts struct {
	catalog.Table
	Parts
}

// PackParts is the list of packs by key. Each is a line of JSON (Pack).
type PackParts struct {
	Parts
	Bytes int64 `json:"pack_bytes"` // of all packs
}

// Pack is a pack that a backup names.
type Pack struct {
	Key    string `json:"key"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// stored returns the size in bytes of the objects that hold the parts.
func (m Manifest) stored() (n int64) {
	for _, p := range m.parts() {
		n += p.Size
	}
	return n
}

// parts lists all objects of the backup except the manifest and the packs.
func (m Manifest) parts() []Part {
	var all []Part
	for _, t := range m.Tables {
		all = append(all, t.Parts.Parts...)
	}
	all = append(all, m.Intake.Parts...)
	if m.Points != nil {
		all = append(all, m.Points.Parts.Parts...)
	}
	return append(all, m.Packs.Parts.Parts...)
}

// rows returns the number of rows of all tables.
func (m Manifest) rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

var (
	// ErrSignature says that a manifest was changed after it was signed.
	ErrSignature = errors.New("the manifest's signature is wrong: it was changed after it was signed")
	// ErrNewer says that a backup was made by a newer leat.
	ErrNewer = errors.New("it was made by a newer leat: restore with that version or a later one")
)

// signed is a manifest as it is stored. The signature covers its exact bytes.
type signed struct {
	Manifest  json.RawMessage `json:"manifest"`
	Signature string          `json:"signature"` // Ed25519 (RFC 8032), base64; by the key that origin names
}

// purpose precedes the signed bytes, so that no other signature of the key can replace this one.
const purpose = "leat backup manifest\n"

func (m Manifest) sign(key ed25519.PrivateKey) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	signature := ed25519.Sign(key, append([]byte(purpose), body...))
	return json.Marshal(signed{body, base64.StdEncoding.EncodeToString(signature)})
}

// readManifest checks a manifest's signature and form.
func readManifest(content []byte, id string) (Manifest, error) {
	var s signed
	var m Manifest
	if err := json.Unmarshal(content, &s); err != nil {
		return m, fmt.Errorf("read the manifest: %w", err)
	}
	if err := json.Unmarshal(s.Manifest, &m); err != nil {
		return m, fmt.Errorf("read the manifest: %w", err)
	}
	if m.Format > format {
		return m, ErrNewer
	}
	key, err := parsePublic(m.Origin)
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	signature, err := base64.StdEncoding.DecodeString(s.Signature)
	if err != nil || !ed25519.Verify(key, append([]byte(purpose), s.Manifest...), signature) {
		return m, ErrSignature
	}
	return m, m.check(id)
}

var (
	idPattern   = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$`)
	partPattern = regexp.MustCompile(`^[a-z0-9_]+\.[0-9]{5,}\.zst(\.age)?$`)
)

// check refuses a manifest that leat would never write, whoever signed it.
func (m Manifest) check(id string) error {
	if m.ID != id || !idPattern.MatchString(id) {
		return fmt.Errorf("the manifest of backup %.40q is in the place of that of %.40q", m.ID, id)
	}
	for _, p := range m.parts() {
		name, ok := strings.CutPrefix(p.Name, backupDir(id))
		if !ok || !partPattern.MatchString(name) || p.Size < 0 || p.Size > maxObject || p.Bytes < 0 || p.Bytes > partBytes {
			return fmt.Errorf("the manifest of backup %s names an impossible object: %.100q", id, p.Name)
		}
	}
	return nil
}

// publicPrefix begins the text of a public key.
const publicPrefix = "ed25519:"

// PublicText writes a public key in the form that people compare.
func PublicText(key ed25519.PublicKey) string {
	return publicPrefix + base64.RawURLEncoding.EncodeToString(key)
}

func parsePublic(text string) (ed25519.PublicKey, error) {
	rest, ok := strings.CutPrefix(text, publicPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%.100q is not a public key of a leat: give one that begins with %s", text, publicPrefix)
	}
	return raw, nil
}

// ParseSigner parses the text of a public key, for a comparison.
func ParseSigner(text string) (string, error) {
	key, err := parsePublic(string(bytes.TrimSpace([]byte(text))))
	if err != nil {
		return "", err
	}
	return PublicText(key), nil
}
