package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/leatworks/leat/internal/file"
)

// Files of the directory.
const (
	serverFile   = "nats.conf"     // the operator's to change; written once
	accountsFile = "accounts.conf" // included by it; written by each run
	calloutFile  = "callout.json"  // what the gateway needs to let tokens in
	manifestFile = "leat.json"
	keysDir      = "keys"  // seeds of operator, accounts and signers
	usersDir     = "users" // credentials of users
)

// fileLimit bounds the bytes that are read from one of the files.
const fileLimit = 1 << 20

// dir is the directory of a configuration.
type dir struct {
	name  string
	force bool // replace keys
}

func openDir(name string, force bool) (dir, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return dir{}, err
	}
	for _, sub := range []string{"", keysDir, usersDir} {
		if err := os.MkdirAll(filepath.Join(abs, sub), 0o700); err != nil {
			return dir{}, err
		}
	}
	return dir{abs, force}, nil
}

func (d dir) path(name string) string { return filepath.Join(d.name, name) }

// replace writes a file of mode 0600 in place of the one that is there.
func (d dir) replace(name string, content []byte) error {
	if err := file.Replace(d.path(name), content, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (d dir) replaceJSON(name string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return d.replace(name, append(content, '\n'))
}

// once writes a file that is not there yet.
func (d dir) once(name, content string) error {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}

// read returns a file's content, and no content for a missing file.
func (d dir) read(name string) ([]byte, error) {
	f, err := os.Open(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, fileLimit))
}

func (d dir) readJSON(name string, v any) error {
	content, err := d.read(name)
	if err != nil || content == nil {
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// keyring makes keys and keeps their seeds.
type keyring struct {
	dir  dir
	made map[string]nkeys.KeyPair // in this run
}

// key returns the key in a file. It makes the key if the file is missing, or if keys are to be
// replaced.
func (k *keyring) key(name string, kind nkeys.PrefixByte) (nkeys.KeyPair, error) {
	if pair := k.made[name]; pair != nil {
		return pair, nil
	}
	seed, err := k.dir.read(name)
	if err != nil {
		return nil, err
	}
	var pair nkeys.KeyPair
	if seed != nil && !k.dir.force {
		pair, err = nkeys.FromSeed([]byte(strings.TrimSpace(string(seed))))
		if err != nil {
			return nil, fmt.Errorf("%s holds no seed of a key (%w): put it back from a copy, or give --force to make new keys", name, err)
		}
	} else if pair, err = k.create(name, kind); err != nil {
		return nil, err
	}
	if k.made == nil {
		k.made = make(map[string]nkeys.KeyPair)
	}
	k.made[name] = pair
	return pair, nil
}

func (k *keyring) create(name string, kind nkeys.PrefixByte) (nkeys.KeyPair, error) {
	pair, err := nkeys.CreatePair(kind)
	if kind == nkeys.PrefixByteCurve {
		pair, err = nkeys.CreateCurveKeys()
	}
	if err != nil {
		return nil, fmt.Errorf("make the key %s: %w", name, err)
	}
	seed, err := pair.Seed()
	if err != nil {
		return nil, err
	}
	return pair, k.dir.replace(name, append(seed, '\n'))
}

func (k *keyring) operator() (nkeys.KeyPair, error) {
	return k.key(keysDir+"/operator.nk", nkeys.PrefixByteOperator)
}

func (k *keyring) account(a account) (nkeys.KeyPair, error) {
	return k.key(keysDir+"/account."+a.name+".nk", nkeys.PrefixByteAccount)
}

// signer is a key with which the gateway signs users of an account. Unlike the account's own key it
// can be revoked.
func (k *keyring) signer(a account) (nkeys.KeyPair, error) {
	return k.key(keysDir+"/signer."+a.name+".nk", nkeys.PrefixByteAccount)
}

// sealer is the key with which servers and the gateway hide tokens from others.
func (k *keyring) sealer() (nkeys.KeyPair, error) {
	return k.key(keysDir+"/callout.xk", nkeys.PrefixByteCurve)
}

// user is the key of a user. In the variant Users its file is the user's credentials.
func (k *keyring) user(v Variant, a account, u user) (nkeys.KeyPair, error) {
	name := Users.credentials(a.file(u))
	if v == Operator {
		name = keysDir + "/user." + a.file(u) + ".nk"
	}
	return k.key(name, nkeys.PrefixByteUser)
}

func public(pair nkeys.KeyPair, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return pair.PublicKey()
}

func seed(pair nkeys.KeyPair, err error) (string, error) {
	if err != nil {
		return "", err
	}
	seed, err := pair.Seed()
	return string(seed), err
}
