package devstack

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/leatworks/leat/devstack/internal/dirlock"
)

// Files of a data directory.
const (
	formatFile    = "format.json"
	lockFile      = "lock"
	secretsFile   = "secrets.json"
	runDir        = "run"
	endpointsFile = "endpoints.json"
	natsTokenFile = "nats.token"
)

// formatVersion is the version of the layout of a data directory. Raise it when an older leat can no longer read the
// data of this one.
const formatVersion = 1

// fileLimit bounds the bytes that are read from each of these files.
const fileLimit = 64 << 10

type format struct {
	Format int `json:"format"`
}

type secrets struct {
	S3AccessKey string `json:"s3_access_key"`
	S3SecretKey string `json:"s3_secret_key"`
	NATSToken   string `json:"nats_token"`
	QdrantKey   string `json:"qdrant_api_key"`
	SecretKey   string `json:"secret_key"` // seals secrets in Postgres
}

func (s secrets) complete() bool {
	return s.S3AccessKey != "" && s.S3SecretKey != "" && s.NATSToken != ""
}

// home is a data directory that this process owns.
type home struct {
	dir     string
	lock    *dirlock.Lock
	secrets secrets
}

func openHome(dir string) (_ *home, err error) {
	defer func() { err = explain(dir, err) }()
	if !filepath.IsAbs(dir) {
		return nil, errors.New("it is not an absolute path")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	h := &home{dir: dir}
	if h.lock, err = dirlock.Acquire(filepath.Join(dir, lockFile)); err != nil {
		return nil, err
	}
	if err := h.prepare(); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// checkFormat refuses a directory that is not leat's, because its layout is unknown or it is in use for something else.
func checkFormat(dir string) error {
	var found format
	err := readJSON(filepath.Join(dir, formatFile), &found)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkEmpty(dir)
	case err != nil:
		return err
	case found.Format > formatVersion:
		return fmt.Errorf("a newer leat wrote it (format %d, and this one knows %d): use that one, or another directory", found.Format, formatVersion)
	case found.Format != formatVersion:
		return fmt.Errorf("it has the unknown format %d: use another directory", found.Format)
	}
	return nil
}

func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		// A start that was cut short, or is under way, leaves the lock, and later the format under its temporary name.
		if e.Name() != lockFile && e.Name() != formatFile && e.Name() != formatFile+tempSuffix {
			return fmt.Errorf("it holds other files (%s, say): give leat a directory of its own", e.Name())
		}
	}
	return nil
}

// prepare completes the directory. The caller holds its lock.
func (h *home) prepare() error {
	if err := os.Chmod(h.dir, 0o700); err != nil {
		return err
	}
	h.retract() // the announcement of a killed owner
	if err := os.MkdirAll(filepath.Join(h.dir, runDir), 0o700); err != nil {
		return err
	}
	marker := filepath.Join(h.dir, formatFile)
	if _, err := os.Stat(marker); errors.Is(err, fs.ErrNotExist) {
		if err := writeJSON(marker, format{formatVersion}); err != nil {
			return err
		}
	}
	return h.loadSecrets()
}

func (h *home) loadSecrets() error {
	path := filepath.Join(h.dir, secretsFile)
	err := readJSON(path, &h.secrets)
	if errors.Is(err, fs.ErrNotExist) {
		h.secrets = secrets{S3AccessKey: "leat" + rand.Text()[:12], S3SecretKey: rand.Text() + rand.Text(), NATSToken: rand.Text(), QdrantKey: rand.Text(), SecretKey: sealingKey()}
		return writeJSON(path, h.secrets)
	}
	if err != nil {
		return err
	}
	if h.secrets.complete() && (h.secrets.QdrantKey == "" || h.secrets.SecretKey == "") { // the directory is older than these keys
		h.secrets.QdrantKey = cmp.Or(h.secrets.QdrantKey, rand.Text())
		h.secrets.SecretKey = cmp.Or(h.secrets.SecretKey, sealingKey())
		return writeJSON(path, h.secrets)
	}
	if !h.secrets.complete() {
		return fmt.Errorf("%s is incomplete: remove it, and new keys are made", secretsFile)
	}
	return nil
}

func (h *home) close() error { return h.lock.Close() }

// explain turns an error about the directory into a sentence that names it and says what to do.
func explain(dir string, err error) error {
	if err == nil {
		return nil
	}
	advice := ""
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		advice = "it is a file, or below one; give leat a directory: "
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = "its disk is full; make room or use another directory: "
	case errors.Is(err, syscall.EROFS):
		advice = "its disk is read-only; use another directory: "
	case errors.Is(err, fs.ErrPermission):
		advice = "this user may not write there; use another directory or mend its permissions: "
	}
	return fmt.Errorf("start the embedded stack in %s: %s%w", dir, advice, err)
}

const tempSuffix = ".new"

func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(content, '\n'))
}

// writeFile replaces a file durably and atomically. The new file has mode 0600.
func writeFile(path string, content []byte) error {
	temp := path + tempSuffix
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

func readJSON(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, fileLimit))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func sealingKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}
