package broker

import (
	"context"
	"fmt"
)

// Size is how much of its limit a stream holds.
type Size struct {
	Stream   string
	Messages uint64
	Bytes    uint64
	Limit    uint64 // 0: none
	Replicas int
	Tags     []string // that its servers must have; none: any server may hold it
}

// Sizes asks the server for the sizes of all streams of leat.
func (b *Broker) Sizes(ctx context.Context) ([]Size, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	var sizes []Size
	for _, name := range []string{StreamIntake, StreamChunked, StreamEmbedded, StreamIndexed} {
		found, err := b.js.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("load the size of stream %s: %w", name, err)
		}
		info := found.CachedInfo()
		size := Size{name, info.State.Msgs, info.State.Bytes, uint64(max(info.Config.MaxBytes, 0)), info.Config.Replicas, nil}
		if info.Config.Placement != nil {
			size.Tags = info.Config.Placement.Tags
		}
		sizes = append(sizes, size)
	}
	return sizes, nil
}

// Server is the NATS server's description of itself.
type Server struct {
	Release     string
	Store       uint64 // bytes that JetStream holds in files for this account
	StoreLimit  uint64 // that it may hold; 0: no limit but the disk's
	ClusterName string // "": a single server
}

// Server asks the server about itself.
func (b *Broker) Server(ctx context.Context) (Server, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	info, err := b.js.AccountInfo(ctx)
	if err != nil {
		return Server{}, fmt.Errorf("ask JetStream about itself: %w", err)
	}
	return Server{b.conn.ConnectedServerVersion(), info.Store, uint64(max(info.Limits.MaxStore, 0)), b.conn.ConnectedClusterName()}, nil
}
