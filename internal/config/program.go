package config

import (
	"fmt"
	"slices"

	"github.com/alecthomas/kong"
)

// A Program is one of leat's workers, for the reading of its flags.
type Program struct {
	Name        string // for example ingestor
	Description string
	Listen      string // default address of the health checks
	InFlight    int    // default number of messages held
	flags       func() Flags
}

// Flags are the flags of a program.
type Flags interface{ Check() error }

// The number of messages that a worker holds by default, in each lane. A message of an
// ingestor is a repository; a message of the others is a document.
const (
	DefaultIngests  = 2 // of one tenant
	DefaultInFlight = 256
)

// The five workers.
var (
	IngestorProgram = Program{
		"ingestor", "Reads submitted repositories and writes their changes into the catalog and S3.", "127.0.0.1:8471", DefaultIngests,
		func() Flags { return &Ingestor{} },
	}
	EmbedderProgram = Program{"embedder", "Computes the missing vectors of chunks.", "127.0.0.1:8472", DefaultInFlight, func() Flags { return &Worker{} }}
	IndexerProgram  = Program{"indexer", "Writes the points of documents into Qdrant.", "127.0.0.1:8473", DefaultInFlight, func() Flags { return &Worker{} }}
	SyncerProgram   = Program{"syncer", "Publishes work again that the catalog still owes, and keeps S3 and Qdrant true to it.", "127.0.0.1:8474", DefaultInFlight, func() Flags { return &Syncer{} }}
	GatewayProgram  = Program{"gateway", "Serves searches, reading and steering over HTTP.", "127.0.0.1:8475", 0, func() Flags { return &Gateway{} }}
)

// Programs lists the five workers.
func Programs() []Program {
	return []Program{IngestorProgram, EmbedderProgram, IndexerProgram, SyncerProgram, GatewayProgram}
}

// ProgramOf returns the worker of that name.
func ProgramOf(name string) (Program, error) {
	all := Programs()
	i := slices.IndexFunc(all, func(p Program) bool { return p.Name == name })
	if i < 0 {
		return Program{}, fmt.Errorf("unknown worker %.40q: name ingestor, embedder, indexer, syncer or gateway", name)
	}
	return all[i], nil
}

// MCPTools names the tools for agents in the help of flags. The default ones come first.
const MCPTools = "explore, search, read, status; grep, compare, list, submit; versions, pin, unpin, rollback, wake, sleep; " +
	"symbol, references, callers, callees, neighbours, impact, path, important, communities, related, indexes, drop_index"

// binary returns the name of the program's file.
func (p Program) binary() string { return "leat-" + p.Name }

// Parser returns a parser that reads flags, environment and configuration file into cfg, a pointer
// to the program's flags.
func (p Program) Parser(cfg any, version string) (*kong.Kong, error) {
	parser, err := kong.New(cfg, kong.Name(p.binary()), kong.Description(p.Description), Paths(), kong.Vars{"version": p.binary() + " " + version},
		Variables(kong.Vars{"listen": p.Listen, "in_flight": fmt.Sprint(p.InFlight)}, cfg))
	if err != nil {
		return nil, fmt.Errorf("read the flags of %s: %w", p.Name, err)
	}
	return parser, nil
}
