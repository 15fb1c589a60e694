//go:build linux

package chaos

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/leatworks/leat/internal/stack"
)

// proxied is one store's process, and the proxy that leads the workers there.
type proxied struct {
	*stack.Store
	proxy *proxy
}

func newProxied(dir, logs, name string) (*proxied, error) {
	// Fast: acknowledged writes survive kill -9, which is the worst that
	// happens here.
	process, err := stack.NewStore(dir, logs, name, true)
	if err != nil {
		return nil, err
	}
	proxy, err := newProxy()
	return &proxied{process, proxy}, err
}

// Start returns when the store accepts connections and the proxy leads there.
func (s *proxied) Start() error {
	if err := s.Store.Start(); err != nil {
		return err
	}
	network, address, err := s.Listens()
	if err != nil {
		return err
	}
	s.proxy.lead(network, address)
	return nil
}

// wipe removes the store's data. The store must not run.
func (s *proxied) wipe() error { return os.RemoveAll(filepath.Join(s.Dir, s.Name)) }

// environment returns the variables with which a worker reaches the stores
// through their proxies.
func environment(stores map[string]*proxied) ([]string, error) {
	at := make(map[string]string)
	for name, s := range stores {
		at[name] = s.proxy.addr()
	}
	endpoints := stores[stack.S3].Endpoints
	endpoints.NATS = stores[stack.NATS].Endpoints.NATS
	endpoints.QdrantKey = stores[stack.Qdrant].Endpoints.QdrantKey
	return stack.Environment(endpoints, at)
}

func natsURL(env []string) string {
	for _, variable := range env {
		if url, found := strings.CutPrefix(variable, "LEAT_NATS_URL="); found {
			return url
		}
	}
	return ""
}
