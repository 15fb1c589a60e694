package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leatworks/leat/devstack/internal/dirlock"
)

// Endpoints holds the addresses of servers, in the form that the clients take.
// The address of a server that does not run is empty.
type Endpoints struct {
	NATS        string `json:"nats,omitempty"`     // nats://TOKEN@127.0.0.1:PORT
	Postgres    string `json:"postgres,omitempty"` // postgres://leat@/leat?host=DIRECTORY&port=5432
	S3          string `json:"s3,omitempty"`       // http://127.0.0.1:PORT/leat
	S3AccessKey string `json:"s3_access_key,omitempty"`
	S3SecretKey string `json:"s3_secret_key,omitempty"`
	Qdrant      string `json:"qdrant,omitempty"` // http://127.0.0.1:PORT, of gRPC
	QdrantKey   string `json:"qdrant_api_key,omitempty"`
	SecretKey   string `json:"secret_key,omitempty"` // that seals secrets in Postgres: 32 bytes in base64
}

// announcement tells other processes about the owner of a directory. It exists
// while all parts run.
type announcement struct {
	PID int `json:"pid"`
	Endpoints
}

// Running returns the addresses of the stack that owns dir, and false if none
// does or it is not ready. The announcement of a killed owner does not count.
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

// NATSTokenFile is the file with the token of the NATS server in dir, for clients that
// are not leat's. It is there once the server has started, and readable by its owner
// alone.
func NATSTokenFile(dir string) string { return filepath.Join(dir, runDir, natsTokenFile) }

func (h *home) announce(e Endpoints) error {
	if err := writeFile(NATSTokenFile(h.dir), []byte(h.secrets.NATSToken)); err != nil {
		return err
	}
	return writeJSON(filepath.Join(h.dir, runDir, endpointsFile), announcement{os.Getpid(), e})
}

// retract removes the announcement. A file that cannot be removed is harmless
// without the lock.
func (h *home) retract() { _ = os.Remove(filepath.Join(h.dir, runDir, endpointsFile)) }
