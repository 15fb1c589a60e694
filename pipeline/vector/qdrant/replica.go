package qdrant

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/leatworks/leat/pipeline/vector"
)

var _ vector.Replicated = (*Store)(nil)

// Replicas implements [vector.Replicated].
func (s *Store) Replicas(ctx context.Context, collection string) ([]vector.Replica, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	info, err := s.collections.CollectionClusterInfo(ctx, &qdrant.CollectionClusterInfoRequest{CollectionName: collection})
	if status.Code(err) == codes.Unimplemented {
		return nil, nil
	}
	if err != nil {
		return nil, explain(ctx, err, "ask for the shards of collection %s", collection)
	}
	var replicas []vector.Replica
	add := func(shard uint32, peer uint64, state qdrant.ReplicaState) {
		replicas = append(replicas, vector.Replica{
			Shard: shard, Server: peer, State: strings.ToLower(state.String()), Serves: state == qdrant.ReplicaState_Active,
		})
	}
	for _, shard := range info.GetLocalShards() {
		add(shard.GetShardId(), info.GetPeerId(), shard.GetState())
	}
	for _, shard := range info.GetRemoteShards() {
		add(shard.GetShardId(), shard.GetPeerId(), shard.GetState())
	}
	slices.SortFunc(replicas, func(a, b vector.Replica) int {
		return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Server, b.Server))
	})
	return replicas, nil
}
