package vector

import (
	"context"
	"fmt"
)

// Replicated is a store whose server can be a cluster.
type Replicated interface {
	// Replicas returns the copies of a collection's shards, by shard and server. A server without shards, such as the
	// embedded one, has none.
	Replicas(ctx context.Context, collection string) ([]Replica, error)
}

// Replica is a copy of a shard of a collection on one server of a cluster.
type Replica struct {
	Shard  uint32
	Server uint64 // the number that the cluster gave it
	State  string // in the store's words, such as dead
	Serves bool   // whether searches may be answered by this copy
}

// String names the copy and its state.
func (r Replica) String() string {
	return fmt.Sprintf("shard %d on server %d is %s", r.Shard, r.Server, r.State)
}
