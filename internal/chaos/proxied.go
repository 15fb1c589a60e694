//go:build linux

package chaos

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/leatworks/leat/internal/relay"
	"github.com/leatworks/leat/internal/stack"
)

// proxied is the process of one store, with the relay that leads the workers to it.
type proxied struct {
	*stack.Store
	relay *relay.Relay
}

func newProxied(dir, logs, name string) (*proxied, error) {
	// A fast store is enough: acknowledged writes survive kill -9, which is the worst fault here.
	process, err := stack.NewStore(dir, logs, name, true)
	if err != nil {
		return nil, err
	}
	between, err := relay.New()
	return &proxied{process, between}, err
}

// Start returns when the store accepts connections and the relay leads there.
func (s *proxied) Start() error {
	if err := s.Store.Start(); err != nil {
		return err
	}
	network, address, err := s.Listens()
	if err != nil {
		return err
	}
	s.relay.Lead(network, address)
	return nil
}

// wipe removes the store's data. The store must not run.
func (s *proxied) wipe() error { return os.RemoveAll(filepath.Join(s.Dir, s.Name)) }

// environment returns the variables with which a worker reaches the stores
// through their relays.
func environment(stores map[string]*proxied) ([]string, error) {
	at := make(map[string]string)
	for name, s := range stores {
		at[name] = s.relay.Addr()
	}
	endpoints := stores[stack.S3].Endpoints()
	endpoints.NATS = stores[stack.NATS].Endpoints().NATS
	endpoints.QdrantKey = stores[stack.Qdrant].Endpoints().QdrantKey
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
