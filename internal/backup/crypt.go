package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
)

// Crypt encrypts the objects of a backup to age recipients, and decrypts them with age identities.
// The zero value does neither.
type Crypt struct {
	recipients []age.Recipient
	names      []string // of the recipients, sorted
	identities []age.Identity
}

// ErrNoIdentity says that an object is encrypted and no identity opens it.
var ErrNoIdentity = errors.New("it is encrypted: name the file of an age identity with --identity (LEAT_BACKUP_IDENTITY)")

// NewCrypt parses recipients (age1…, as age-keygen prints them) and the content of a file of
// identities. No error shows an identity.
func NewCrypt(recipients []string, identities string) (Crypt, error) {
	var c Crypt
	for _, text := range recipients {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(parsed) != 1 {
			return c, fmt.Errorf("%.80q is not an age recipient: give one that begins with age1, as 'age-keygen -y FILE' prints it", text)
		}
		c.recipients = append(c.recipients, parsed...)
		c.names = append(c.names, text)
	}
	slices.Sort(c.names)
	if identities == "" {
		return c, nil
	}
	var err error
	if c.identities, err = age.ParseIdentities(strings.NewReader(identities)); err != nil {
		return c, errors.New("the file of identities holds no age identity: make one with 'age-keygen'")
	}
	return c, nil
}

// plainRing is the ring of packs that are not encrypted.
const plainRing = "plain"

// ringOf names the directory of the packs that are encrypted to the same recipients. Other
// recipients need another directory, because they could not read these packs.
func ringOf(recipients []string) string {
	if len(recipients) == 0 {
		return plainRing
	}
	sum := sha256.Sum256([]byte(strings.Join(recipients, "\n")))
	return hex.EncodeToString(sum[:8])
}

// encrypts reports whether there are recipients.
func (c Crypt) encrypts() bool { return len(c.recipients) > 0 }

// seal returns the form in which a body is stored.
func (c Crypt) seal(body []byte) ([]byte, error) {
	if !c.encrypts() {
		return body, nil
	}
	var out bytes.Buffer
	out.Grow(len(body) + len(body)/1024 + 1024)
	w, err := age.Encrypt(&out, c.recipients...)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return out.Bytes(), nil
}

// open returns the body, of at most most bytes, that seal has stored.
func (c Crypt) open(stored []byte, most int64) ([]byte, error) {
	if len(c.identities) == 0 {
		return nil, ErrNoIdentity
	}
	r, err := age.Decrypt(bytes.NewReader(stored), c.identities...)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		return nil, fmt.Errorf("%w: the identities of the file do not open it", ErrNoIdentity)
	}
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("decrypt: more than %d bytes", most)
	}
	return body, nil
}
