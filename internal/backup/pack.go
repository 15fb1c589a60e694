package backup

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/leatworks/leat/pipeline/blob"
)

// packPattern matches the keys of packs that pipeline/blob makes.
var packPattern = regexp.MustCompile(`^(text|fact|vector)/([0-9a-f]{64})(?:\.[0-9a-f]{8}\.[0-9a-f]{32})?\.pack$`)

// object returns the pack's object in S3.
func (p Pack) object() (blob.Object, error) {
	o := blob.Object{Key: p.Key, Size: p.Size}
	raw, err := hex.DecodeString(p.SHA256)
	if err != nil || len(raw) != len(o.SHA256) || !packPattern.MatchString(p.Key) || p.Size < 0 || p.Size > blob.MaxPack {
		return o, fmt.Errorf("the list of packs names an impossible pack: %.100q", p.Key)
	}
	o.SHA256 = [32]byte(raw)
	return o, nil
}

// maxLine bounds a line of the list of packs.
const maxLine = 1 << 10

// packs yields the packs of a backup by key.
func (v *Vault) packs(ctx context.Context, m Manifest) iter.Seq2[Pack, error] {
	return func(yield func(Pack, error) bool) {
		list, err := v.reader(ctx, m.packList(), m.Packs.Parts.Parts)
		if err != nil {
			yield(Pack{}, err)
			return
		}
		defer list.Close()
		lines, before := bufio.NewScanner(list), ""
		lines.Buffer(make([]byte, maxLine), maxLine)
		for lines.Scan() {
			var p Pack
			err := json.Unmarshal(lines.Bytes(), &p)
			if err == nil {
				_, err = p.object()
			}
			if err == nil && p.Key <= before {
				err = fmt.Errorf("the list of packs is out of order at %s", p.Key)
			}
			if !yield(p, err) || err != nil {
				return
			}
			before = p.Key
		}
		if err := lines.Err(); err != nil {
			yield(Pack{}, fmt.Errorf("read the list of packs: %w", err))
		}
	}
}

// packList returns the manifest for reading the list of packs. That list is never encrypted, so
// that a prune needs no identity. It tells no more than the names of the packs do.
func (m Manifest) packList() Manifest {
	m.Encrypted = nil
	return m
}

// stored is a pack in a target.
type stored struct {
	Key  string
	Size int64
	Name string
	Sum  string // SHA-256 of the object, hex; for an encrypted pack it differs from the pack's
}

// encryptedPattern matches the suffix after the key of an encrypted pack.
var encryptedPattern = regexp.MustCompile(`^\.([0-9a-f]{64})\.age$`)

// ring returns the directory of a manifest's packs.
func (m Manifest) ring() string { return packsDir + ringOf(m.Encrypted) + "/" }

// stored yields the packs of a ring by key. An encrypted pack may have several objects. Other
// objects are left out.
func (v *Vault) stored(ctx context.Context, ring string) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for item, err := range v.target.List(ctx, ring) {
			if err != nil {
				yield(stored{}, err)
				return
			}
			s, ok := parseStored(ring, item)
			if ok && !yield(s, nil) {
				return
			}
		}
	}
}

func parseStored(ring string, item Item) (stored, bool) {
	name := strings.TrimPrefix(item.Name, ring)
	s := stored{Size: item.Size, Name: item.Name}
	end := strings.Index(name, ".pack") + len(".pack")
	if end > len(name) || !packPattern.MatchString(name[:end]) {
		return s, false
	}
	s.Key = name[:end]
	if rest := name[end:]; rest != "" {
		match := encryptedPattern.FindStringSubmatch(rest)
		if match == nil {
			return s, false
		}
		s.Sum = match[1]
		return s, true
	}
	s.Sum = packPattern.FindStringSubmatch(s.Key)[2]
	return s, true
}

// match says whether a stored object can be the pack.
func (s stored) match(p Pack, encrypted bool) bool {
	return s.Key == p.Key && (encrypted || s.Size == p.Size)
}

// has pairs the packs of a backup with the target's objects of them, without keeping either list in
// memory. nil: no object of the target can be the pack.
func (v *Vault) has(ctx context.Context, m Manifest) iter.Seq2[paired, error] {
	return func(yield func(paired, error) bool) {
		next, stop := iter.Pull2(v.stored(ctx, m.ring()))
		defer stop()
		held, err, more := next()
		for p, listErr := range v.packs(ctx, m) {
			if listErr != nil {
				yield(paired{}, listErr)
				return
			}
			for more && err == nil && (held.Key < p.Key || held.Key == p.Key && !held.match(p, len(m.Encrypted) > 0)) {
				held, err, more = next()
			}
			if err != nil {
				yield(paired{}, err)
				return
			}
			pair := paired{Pack: p}
			if more && held.Key == p.Key {
				found := held // a copy, since the next pair changes held
				pair.held = &found
			}
			if !yield(pair, nil) {
				return
			}
		}
	}
}

type paired struct {
	Pack
	held *stored
}

// openPack returns a pack that the target holds, after verifying it.
func (v *Vault) openPack(ctx context.Context, p Pack, held stored, encrypted bool) ([]byte, error) {
	body, err := v.get(ctx, held.Name, maxObject)
	if err != nil {
		return nil, err
	}
	if hexSum(body) != held.Sum {
		return nil, fmt.Errorf("get %s: %w", held.Name, ErrUntrue)
	}
	if encrypted {
		if body, err = v.crypt.open(body, blob.MaxPack); err != nil {
			return nil, fmt.Errorf("open %s: %w", held.Name, err)
		}
	}
	if int64(len(body)) != p.Size || hexSum(body) != p.SHA256 {
		return nil, fmt.Errorf("open %s: %w", held.Name, ErrUntrue)
	}
	return body, nil
}

// putPack writes a pack.
func (v *Vault) putPack(ctx context.Context, m Manifest, p Pack, body []byte) error {
	name := m.ring() + p.Key
	if v.crypt.encrypts() {
		var err error
		if body, err = v.crypt.seal(body); err != nil {
			return err
		}
		name += "." + hexSum(body) + ".age"
	}
	return v.put(ctx, name, body)
}

// ringPattern matches the beginning of the name of a pack's object.
var ringPattern = regexp.MustCompile(`^packs/(plain|[0-9a-f]{16})/`)

// ringIn returns the ring of an object.
func ringIn(name string) (string, bool) {
	ring := ringPattern.FindString(name)
	return ring, ring != ""
}
