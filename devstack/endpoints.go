package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leatworks/leat/devstack/internal/dirlock"
)

// Endpoints holds the addresses of servers, in the form that clients take. The address of a server that does not run is
// empty.
type Endpoints struct {
	NATS        string `json:"nats,omitempty"`     // nats://TOKEN@127.0.0.1:PORT
	Postgres    string `json:"postgres,omitempty"` // postgres://leat@/leat?host=DIRECTORY&port=5432
	S3          string `json:"s3,omitempty"`       // http://127.0.0.1:PORT/leat
	S3AccessKey string `json:"s3_access_key,omitempty"`
	S3SecretKey string `json:"s3_secret_key,omitempty"`
	Qdrant      string `json:"qdrant,omitempty"` // http://127.0.0.1:PORT, the gRPC port
	QdrantKey   string `json:"qdrant_api_key,omitempty"`
	SecretKey   string `json:"secret_key,omitempty"` // seals secrets in Postgres: 32 bytes in base64
}

// announcement tells other processes about the owner of a directory. It exists while all parts run.
type announcement struct {
	PID int `json:"pid"`
	Endpoints
}

// Running returns the addresses of the stack that owns dir. It returns false if no stack owns dir, or if the stack is
// not ready. The announcement of a killed owner does not count.
func Running(dir string) (Endpoints, bool, error) {
	owner, err := dirlock.Holder(filepath.Join(dir, lockFile))
	if err != nil {
		return Endpoints{}, false, fmt.Errorf("look for a running stack in %s: %w", dir, err)
	}
	if owner == 0 {
		return Endpoints{}, false, nil
	}
	var said announcement
	err = readJSON(filepath.Join(dir, runDir, endpointsFile), &said)
	if errors.Is(err, fs.ErrNotExist) || err == nil && said.PID != owner {
		return Endpoints{}, false, nil
	}
	if err != nil {
		return Endpoints{}, false, fmt.Errorf("look for a running stack in %s: %w", dir, err)
	}
	return said.Endpoints, true, nil
}

// NATSTokenFile returns the file with the token of the NATS server in dir, for clients other than leat. The file exists
// once the server has started, and only its owner can read it.
func NATSTokenFile(dir string) string { return filepath.Join(dir, runDir, natsTokenFile) }

func (h *home) announce(e Endpoints) error {
	if err := writeFile(NATSTokenFile(h.dir), []byte(h.secrets.NATSToken)); err != nil {
		return err
	}
	return writeJSON(filepath.Join(h.dir, runDir, endpointsFile), announcement{os.Getpid(), e})
}

// retract removes the announcement. If the file cannot be removed, it is harmless without the lock.
func (h *home) retract() { _ = os.Remove(filepath.Join(h.dir, runDir, endpointsFile)) }
