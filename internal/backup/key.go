package backup

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/pipeline/catalog"
)

// keyPurpose is the purpose with which the catalog's signing key is sealed.
const keyPurpose = "key of backups"

// KeyOf returns the key that signs the backups of a leat. The catalog keeps it, sealed by box. The
// first call makes it.
func KeyOf(ctx context.Context, archive *catalog.Archive, box *seal.Box) (ed25519.PrivateKey, error) {
	if err := box.Usable(); err != nil {
		return nil, fmt.Errorf("sign the backup: %w; or name a file with --sign-key-file (LEAT_BACKUP_SIGN_KEY_FILE)", err)
	}
	kept, err := archive.Key(ctx, func() (made catalog.SigningKey, err error) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return made, err
		}
		sealed, err := box.Seal(private.Seed(), keyPurpose)
		return catalog.SigningKey{Public: public, Sealed: sealed}, err
	})
	if err != nil {
		return nil, err
	}
	seed, err := box.Open(kept.Sealed, keyPurpose)
	if err != nil {
		return nil, fmt.Errorf("sign the backup: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, errors.New("sign the backup: the catalog's key has a wrong length")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ParseKey parses a key of 32 random bytes in base64. No error shows it.
func ParseKey(text string) (ed25519.PrivateKey, error) {
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("a signing key must be %d random bytes in base64: make one with 'openssl rand -base64 %d'", ed25519.SeedSize, ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
