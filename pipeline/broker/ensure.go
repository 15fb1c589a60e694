package broker

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Error codes of the JetStream API that nats.go does not name.
// Source: nats-server, server/errors.json.
const (
	codeAccountResources      jetstream.ErrorCode = 10002
	codeNoPeers               jetstream.ErrorCode = 10005
	codeConsumerInvalid       jetstream.ErrorCode = 10012
	codeServerResources       jetstream.ErrorCode = 10023
	codeStorageResources      jetstream.ErrorCode = 10047
	codeStreamCreate          jetstream.ErrorCode = 10049
	codeStreamInvalid         jetstream.ErrorCode = 10052
	codeSubjectOverlap        jetstream.ErrorCode = 10065
	codeReplicasUnsupport     jetstream.ErrorCode = 10074
	codeStoreFailed           jetstream.ErrorCode = 10077
	codeHeaderTooLarge        jetstream.ErrorCode = 10097
	codeMoveInProgress        jetstream.ErrorCode = 10124
	codeReconfigureInProgress jetstream.ErrorCode = 10226
	codeTTLInvalid            jetstream.ErrorCode = 10165
	codeTTLDisabled           jetstream.ErrorCode = 10166
)

// createAttempts bounds the attempts to create a stream. An attempt fails if
// another process creates the same stream at that moment, or if the server still
// removes the directory of a stream just deleted, which is given createWait.
const (
	createAttempts = 8
	createWait     = 50 * time.Millisecond
)

// Ensure creates the streams and consumers of t that are missing, and updates those
// that differ. It may run any number of times and in several processes at once. It
// removes nothing.
func (b *Broker) Ensure(ctx context.Context, t Topology) error {
	if len(t.Tags) > 0 && b.conn.ConnectedClusterName() == "" {
		return errNoCluster
	}
	for _, cfg := range t.streams() {
		if err := b.ensureStream(ctx, cfg); err != nil {
			return fmt.Errorf("ensure stream %s: %w", cfg.Name, adviseStream(cfg.Name, err))
		}
	}
	for _, c := range t.consumers() {
		if err := b.ensureConsumer(ctx, c); err != nil {
			return fmt.Errorf("ensure consumer %s of stream %s: %w", c.config.Durable, c.stream, adviseConsumer(c, err))
		}
	}
	return nil
}

// errNoCluster refuses tags that a single server would take and never look at.
var errNoCluster = errors.New("place the streams by tags: this NATS server belongs to no cluster, so there is no other place: " +
	"leave the placement tags out")

func (b *Broker) ensureStream(ctx context.Context, cfg jetstream.StreamConfig) error {
	var err error
	for range createAttempts {
		var found jetstream.Stream
		found, err = b.stream(ctx, cfg.Name)
		switch {
		case err == nil:
			return b.updateStream(ctx, found, cfg)
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			return err
		}
		err = b.createStream(ctx, cfg)
		switch {
		case code(err) == codeStreamCreate:
			select {
			case <-time.After(createWait):
			case <-ctx.Done():
				return ctx.Err()
			}
		case !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
			return err
		}
	}
	return err
}

func (b *Broker) createStream(ctx context.Context, cfg jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	_, err := b.js.CreateStream(ctx, cfg)
	return err
}

func (b *Broker) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return b.js.Stream(ctx, name)
}

// updateStream changes the settings that differ. If none differs it sends no
// request: a worker that starts must not disturb those at work.
func (b *Broker) updateStream(ctx context.Context, found jetstream.Stream, cfg jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	old := found.CachedInfo().Config
	next := overlay(old, cfg)
	if cfg.DiscardNewPerSubject {
		var err error
		if next.MaxMsgsPerSubject, err = gently(ctx, found, cfg.MaxMsgsPerSubject); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(old, next) {
		return nil
	}
	if next.Replicas != old.Replicas && !reflect.DeepEqual(old.Placement, next.Placement) {
		return errMoveAndScale
	}
	_, err := b.js.UpdateStream(ctx, next)
	return err
}

// errMoveAndScale refuses a change that servers refuse, in words of leat's settings.
var errMoveAndScale = errors.New("a stream cannot get other servers and another number of replicas at once: " +
	"change the replicas first, and the placement tags once the streams have them, or the other way round")

// gently returns the lowest limit of messages a subject that is safe now. A server
// that is given a lower limit than a subject holds deletes the oldest messages of
// the subject, and the intake holds the only copy of its messages. So the limit
// stays at twice the count of the fullest subject, to leave room for messages that
// arrive meanwhile, until a later call finds fewer.
func gently(ctx context.Context, found jetstream.Stream, want int64) (int64, error) {
	old := found.CachedInfo().Config.MaxMsgsPerSubject
	if old > 0 && old <= want {
		return want, nil
	}
	info, err := found.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return 0, err
	}
	for _, held := range info.State.Subjects {
		want = max(want, 2*int64(held))
	}
	if old > 0 {
		want = min(want, old)
	}
	return want, nil
}

// overlay sets the settings that leat decides and leaves the others to the operator, among
// them the cluster of a stream, and its tags unless cfg has any. It keeps the safer persist
// mode, which a server does not let us change.
func overlay(old, cfg jetstream.StreamConfig) jetstream.StreamConfig {
	next := old
	next.Description, next.Subjects = cfg.Description, cfg.Subjects
	next.Retention, next.Discard, next.DiscardNewPerSubject = cfg.Retention, cfg.Discard, cfg.DiscardNewPerSubject
	next.MaxBytes, next.MaxMsgSize, next.MaxAge = cfg.MaxBytes, cfg.MaxMsgSize, cfg.MaxAge
	next.MaxMsgs, next.MaxMsgsPerSubject = cfg.MaxMsgs, cfg.MaxMsgsPerSubject
	next.Storage, next.Replicas, next.Compression, next.Duplicates = cfg.Storage, cfg.Replicas, cfg.Compression, cfg.Duplicates
	next.DenyDelete, next.DenyPurge, next.AllowDirect, next.AllowMsgTTL = cfg.DenyDelete, cfg.DenyPurge, cfg.AllowDirect, cfg.AllowMsgTTL
	next.AllowRollup, next.AllowMsgSchedules, next.AllowMsgCounter, next.AllowAtomicPublish, next.AllowBatchPublish = false, false, false, false, false
	if cfg.Placement != nil {
		next.Placement = &jetstream.Placement{Tags: cfg.Placement.Tags}
		if old.Placement != nil {
			next.Placement.Cluster = old.Placement.Cluster
		}
	}
	if old.PersistMode != jetstream.DefaultPersistMode {
		next.PersistMode = cfg.PersistMode
	}
	return next
}

func (b *Broker) ensureConsumer(ctx context.Context, c consumer) error {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	found, err := b.js.Consumer(ctx, c.stream, c.config.Durable)
	if err != nil {
		_, err = b.js.CreateOrUpdateConsumer(ctx, c.stream, c.config)
		return err
	}
	old, cfg := found.CachedInfo().Config, c.config
	next := old
	next.FilterSubject, next.FilterSubjects = cfg.FilterSubject, nil
	next.DeliverPolicy, next.AckPolicy, next.AckWait = cfg.DeliverPolicy, cfg.AckPolicy, cfg.AckWait
	next.MaxDeliver, next.MaxAckPending = cfg.MaxDeliver, cfg.MaxAckPending
	if reflect.DeepEqual(old, next) {
		return nil
	}
	_, err = b.js.UpdateConsumer(ctx, c.stream, next)
	return err
}

func adviseStream(name string, err error) error {
	switch code(err) {
	case codeStreamInvalid:
		if name == StreamIntake {
			return fmt.Errorf("%w; the server will not change this setting of an existing stream: "+
				"let the ingestors finish it, delete it with `nats stream rm %s`, and start again", err, name)
		}
		return fmt.Errorf("%w; the server will not change this setting of an existing stream: "+
			"delete it with `nats stream rm %s` and start again, the syncer publishes anew what is owed", err, name)
	case codeSubjectOverlap:
		return fmt.Errorf("%w; another stream of this account takes leat.> subjects: remove them from it, or give leat an account of its own", err)
	case codeStorageResources, codeAccountResources, codeServerResources:
		return fmt.Errorf("%w; lower the stream's size limit, or raise JetStream's max_file_store", err)
	case codeNoPeers:
		return fmt.Errorf("%w; the streams need as many servers as they have replicas, each with JetStream, room for the stream's limit, "+
			"and all of the placement tags: give the servers the tags (server_tags), or leat others", err)
	case codeMoveInProgress, codeReconfigureInProgress:
		return fmt.Errorf("%w; the servers still carry out the last change of this stream: it is tried again", err)
	case codeReplicasUnsupport:
		return fmt.Errorf("%w; a single server keeps 1 replica", err)
	}
	return err
}

func adviseConsumer(c consumer, err error) error {
	if code(err) == codeConsumerInvalid {
		return fmt.Errorf("%w; the server will not change this setting of an existing consumer: "+
			"delete it with `nats consumer rm %s %s` and start again, its work is delivered anew", err, c.stream, c.config.Durable)
	}
	return err
}

// code is the JetStream API's error code of err, 0 if it has none.
func code(err error) jetstream.ErrorCode {
	var known jetstream.JetStreamError
	if errors.As(err, &known) && known.APIError() != nil {
		return known.APIError().ErrorCode
	}
	return 0
}
