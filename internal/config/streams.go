package config

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/leatworks/leat/pipeline/broker"
)

// Streams says how large the streams may get. The NATS server reserves that much space. All workers
// of an index need the same values.
type Streams struct {
	Replicas    int      `name:"stream-replicas" env:"LEAT_STREAM_REPLICAS" default:"1" placeholder:"N" help:"Servers of a NATS cluster that keep each message: 1, 3 or 5 (${default})."`
	Tags        []string `name:"stream-placement-tags" env:"LEAT_STREAM_PLACEMENT_TAGS" sep:"," placeholder:"TAG,…" help:"Keep the streams on the servers of a NATS cluster that have all of these tags (server_tags). Default: none; the operator decides where a stream is kept."`
	IntakeMiB   int      `name:"intake-stream-mib" env:"LEAT_INTAKE_STREAM_MIB" default:"256" placeholder:"MIB" help:"Limit of the stream of submissions, in MiB (${default})."`
	PerTenant   int      `name:"intake-per-tenant" env:"LEAT_INTAKE_PER_TENANT" default:"1024" placeholder:"N" help:"Largest number of waiting submissions of one tenant; further ones of that tenant are refused (${default})."`
	ChunkedMiB  int      `name:"chunked-stream-mib" env:"LEAT_CHUNKED_STREAM_MIB" default:"2048" placeholder:"MIB" help:"Limit of the stream of chunked documents, in MiB: about 1.2 KiB for each document (${default})."`
	EmbeddedMiB int      `name:"embedded-stream-mib" env:"LEAT_EMBEDDED_STREAM_MIB" default:"2048" placeholder:"MIB" help:"Limit of the stream of embedded documents, in MiB: about 1.2 KiB for each document (${default})."`
	IndexedMiB  int      `name:"indexed-stream-mib" env:"LEAT_INDEXED_STREAM_MIB" default:"512" placeholder:"MIB" help:"Limit of the stream of indexed documents, in MiB, which forgets the oldest (${default})."`
}

// maxStreamMiB is larger than any disk, and far too small to overflow.
const maxStreamMiB = 1 << 30

// maxPerTenant is as good as no limit: a terabyte of submissions.
const maxPerTenant = 1 << 26

// placementTag matches a tag of a NATS server, which ignores the case of tags.
var placementTag = regexp.MustCompile(`^[\w.:/=-]{1,128}$`)

// Check says what to change. A value of 0 stands for the default.
func (s Streams) Check() error {
	for _, limit := range s.limits(&broker.Topology{}) {
		if *limit.mib < 0 || *limit.mib > maxStreamMiB {
			return fmt.Errorf("%s %d: give 1 to %d", limit.name, *limit.mib, maxStreamMiB)
		}
	}
	if !slices.Contains([]int{0, 1, 3, 5}, s.Replicas) {
		return fmt.Errorf("--stream-replicas (LEAT_STREAM_REPLICAS) %d: give 1, 3 or 5", s.Replicas)
	}
	for _, tag := range s.Tags {
		if !placementTag.MatchString(tag) {
			return fmt.Errorf("--stream-placement-tags (LEAT_STREAM_PLACEMENT_TAGS) %q: give tags of NATS servers, such as region:eu, separated by commas", tag)
		}
	}
	if s.PerTenant < 0 || s.PerTenant > maxPerTenant {
		return fmt.Errorf("--intake-per-tenant (LEAT_INTAKE_PER_TENANT) %d: give 1 to %d", s.PerTenant, maxPerTenant)
	}
	return nil
}

// Limit sets the limits in a topology.
func (s Streams) Limit(t *broker.Topology) {
	for _, limit := range s.limits(t) {
		if *limit.mib > 0 {
			*limit.bytes = int64(*limit.mib) << 20
		}
	}
	if s.Replicas > 0 {
		t.Replicas = s.Replicas
	}
	if len(s.Tags) > 0 {
		t.Tags = s.Tags
	}
	if s.PerTenant > 0 {
		t.IntakePerTenant = int64(s.PerTenant)
	}
}

type streamLimit struct {
	mib   *int
	bytes *int64
	name  string
}

func (s *Streams) limits(t *broker.Topology) []streamLimit {
	return []streamLimit{
		{&s.IntakeMiB, &t.IntakeBytes, "--intake-stream-mib (LEAT_INTAKE_STREAM_MIB)"},
		{&s.ChunkedMiB, &t.ChunkedBytes, "--chunked-stream-mib (LEAT_CHUNKED_STREAM_MIB)"},
		{&s.EmbeddedMiB, &t.EmbeddedBytes, "--embedded-stream-mib (LEAT_EMBEDDED_STREAM_MIB)"},
		{&s.IndexedMiB, &t.IndexedBytes, "--indexed-stream-mib (LEAT_INDEXED_STREAM_MIB)"},
	}
}
