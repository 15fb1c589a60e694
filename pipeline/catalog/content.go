package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Span is where a pack holds a record.
type Span struct {
	Object string // the pack's key
	Offset int64
	Length int32  // stored bytes
	Size   int32  // decoded bytes
	CRC    uint32 // CRC-32C of the stored bytes
}

// Pack is an object of the store that holds blobs or vectors.
type Pack struct {
	Key    string
	Size   int64
	SHA256 [32]byte
}

// Name returns the name of content in a key domain, under which it is stored once. In the
// installation's domain, "", the name is the SHA-256. In any other domain it is the
// SHA-512/256 of domain and content: with another function, nobody can make content of one
// domain that has the name of another domain's. Empty content is not stored, and has the
// same name everywhere.
func Name(domain string, content []byte) [32]byte {
	if domain == "" || len(content) == 0 {
		return sha256.Sum256(content)
	}
	h := sha512.New512_256()
	_, _ = io.WriteString(h, domain+"\n") // no domain holds a line break
	_, _ = h.Write(content)
	return [32]byte(h.Sum(nil))
}

// Blob is content by its name, and where its bytes are.
type Blob struct {
	SHA256 [32]byte // its Name
	Size   int32
	Span   Span // zero for the empty blob
}

// ChunkingKey names a blob cut as one language.
type ChunkingKey struct {
	Blob     [32]byte
	Language string
}

// Chunking is the chunks of a blob, in order.
type Chunking struct {
	ChunkingKey
	Chunks []Chunk
}

// Chunk is a span of a blob.
type Chunk struct {
	StartByte, EndByte int32 // half open
	StartLine, EndLine int32 // from 1, inclusive
	Kind, Symbol       string
	Symbols            []Symbol // the definitions in it; empty: none, or unknown
	Text               [32]byte // Name of the bytes
}

// Symbol is a definition in a chunk.
type Symbol struct {
	Name               string // with the names that lead to it
	StartLine, EndLine int32  // of the file, from 1, inclusive
}

// File is one path of a snapshot after the rules have been applied: a document
// with content, or a file that is skipped for a reason.
type File struct {
	ID         uuid.UUID // document id
	Path       []byte
	OID        []byte // git object id
	Mode       int32
	SkipReason string // "" for a document
	SkipDetail string
	Content    ChunkingKey // of a document
	Encoding   string      // of the file, if its text was decoded; "" is UTF-8
	Findings   []Finding   // secrets that were masked
}

// Known is the part of a batch of contents that the catalog already has.
type Known struct {
	Blobs     map[[32]byte]bool
	Chunkings map[ChunkingKey]bool
}

// Known says which contents need not be stored or chunked again.
func (c *Core) Known(ctx context.Context, contents []ChunkingKey, chunker int) (Known, error) {
	known := Known{make(map[[32]byte]bool), make(map[ChunkingKey]bool)}
	hashes, languages := columns(contents)
	blobs, err := c.query.KnownBlobs(ctx, hashes)
	if err != nil {
		return known, fmt.Errorf("look up blobs: %w", err)
	}
	for _, hash := range blobs {
		known.Blobs[[32]byte(hash)] = true
	}
	chunkings, err := c.query.KnownChunkings(ctx, hashes, languages, int32(chunker))
	if err != nil {
		return known, fmt.Errorf("look up chunkings: %w", err)
	}
	for _, k := range chunkings {
		known.Chunkings[ChunkingKey{[32]byte(k.Blob), k.Language}] = true
	}
	return known, nil
}

// FileBatch is files of one snapshot with the content that was not known.
type FileBatch struct {
	Snapshot  Snapshot
	Chunker   int // version
	Files     []File
	Pack      *Pack // holds Blobs; nil if there are none, or only the empty one
	Blobs     []Blob
	Chunkings []Chunking
}

// PutFiles stores a batch in one transaction. A file keeps its state and its revision if
// neither its content nor the reason for skipping it has changed. Once the snapshot's
// listing is over, PutFiles stores nothing, and its error says to drop the work.
func (c *Core) PutFiles(ctx context.Context, b FileBatch) error {
	if err := checkFiles(b.Files); err != nil {
		return fault.Reject(fmt.Errorf("put %d files: %w", len(b.Files), err))
	}
	err := c.inTx(ctx, func(q *query.Queries) error {
		if err := holdListing(ctx, q, b.Snapshot); err != nil {
			return err
		}
		if err := addBlobs(ctx, q, b.Pack, packOfText, b.Blobs); err != nil {
			return err
		}
		if err := addChunkings(ctx, q, b.Chunkings, b.Chunker); err != nil {
			return err
		}
		return c.putDocuments(ctx, q, b)
	})
	if err != nil {
		return fmt.Errorf("put %d files: %w", len(b.Files), vanished(err))
	}
	return nil
}

// checkFiles refuses files that no listing of a sound tree can hold.
func checkFiles(files []File) error {
	seen := make(map[uuid.UUID]bool, len(files))
	for _, f := range files {
		if seen[f.ID] {
			return fmt.Errorf("path %q is listed twice", f.Path)
		}
		seen[f.ID] = true
		if f.SkipReason == "" && !utf8.Valid(f.Path) {
			return fmt.Errorf("path %q is not UTF-8 and yet a document", f.Path)
		}
	}
	return nil
}

// sorted returns the items in order. Rows are written in the order of their keys,
// so that two workers that store the same rows cannot deadlock.
func sorted[T any](items []T, compare func(a, b T) int) []T {
	return slices.SortedFunc(slices.Values(items), compare)
}

func addBlobs(ctx context.Context, q *query.Queries, pack *Pack, kind packKind, blobs []Blob) error {
	var p query.AddBlobsParams
	for _, b := range sorted(blobs, func(a, b Blob) int { return bytes.Compare(a.SHA256[:], b.SHA256[:]) }) {
		if b.Size == 0 {
			if err := q.AddEmptyBlob(ctx, b.SHA256[:]); err != nil {
				return err
			}
			continue
		}
		p.Hashes = append(p.Hashes, b.SHA256[:])
		p.Sizes = append(p.Sizes, b.Size)
		p.Positions = append(p.Positions, b.Span.Offset)
		p.Lengths = append(p.Lengths, b.Span.Length)
		p.Crcs = append(p.Crcs, int64(b.Span.CRC))
	}
	if pack == nil {
		if len(p.Hashes) > 0 {
			return fmt.Errorf("%d blobs are in no pack", len(p.Hashes))
		}
		return nil
	}
	var err error
	if p.Pack, err = addPack(ctx, q, *pack, kind); err != nil {
		return err
	}
	return q.AddBlobs(ctx, p)
}

// addPack records a pack whose object is stored. It refuses the key of a deleted pack,
// because a request to delete that object may still be on its way.
func addPack(ctx context.Context, q *query.Queries, p Pack, kind packKind) (int64, error) {
	switch state, err := q.HoldPackKey(ctx, p.Key); {
	case err == nil && KeyState(state) == KeyDestroyed:
		return 0, fmt.Errorf("pack %s: %w", p.Key, ErrKeyDestroyed)
	case err != nil && !noRows(err): // an unsealed pack has none
		return 0, err
	}
	row, err := q.AddPack(ctx, query.AddPackParams{Key: p.Key, Kind: string(kind), Size: p.Size, Sha256: p.SHA256[:]})
	if err == nil && row.Deleted {
		err = fmt.Errorf("pack %s: %w", p.Key, ErrVanished)
	}
	return row.ID, err
}

func addChunkings(ctx context.Context, q *query.Queries, chunkings []Chunking, chunker int) error {
	if len(chunkings) == 0 {
		return nil
	}
	p := query.AddChunkingsParams{Chunker: int32(chunker)}
	byKey := make(map[ChunkingKey][]Chunk, len(chunkings))
	for _, k := range sorted(chunkings, func(a, b Chunking) int { return a.compare(b.ChunkingKey) }) {
		p.Blobs = append(p.Blobs, k.Blob[:])
		p.Languages = append(p.Languages, k.Language)
		p.Counts = append(p.Counts, int32(len(k.Chunks)))
		byKey[k.ChunkingKey] = k.Chunks
	}
	added, err := q.AddChunkings(ctx, p)
	if err != nil {
		return err
	}
	var rows []query.AddChunksParams
	for _, a := range added {
		for i, chunk := range byKey[ChunkingKey{[32]byte(a.Blob), a.Language}] {
			names, lines := symbolColumns(chunk.Symbols)
			rows = append(rows, query.AddChunksParams{
				Chunking: a.ID, Ordinal: int32(i),
				StartByte: chunk.StartByte, EndByte: chunk.EndByte, StartLine: chunk.StartLine, EndLine: chunk.EndLine,
				Kind: chunk.Kind, Symbol: storable(chunk.Symbol), Symbols: names, SymbolLines: lines, Text: chunk.Text[:],
			})
		}
	}
	_, err = q.AddChunks(ctx, rows)
	return err
}

// symbolColumns returns the names, and the first and last line of each.
func symbolColumns(symbols []Symbol) (names []string, lines []int32) {
	names, lines = make([]string, len(symbols)), make([]int32, 0, 2*len(symbols)) // a nil slice is null
	for i, s := range symbols {
		names[i] = storable(s.Name)
		lines = append(lines, s.StartLine, s.EndLine)
	}
	return names, lines
}

func symbolsOf(names []string, lines []int32) []Symbol {
	symbols := make([]Symbol, len(names))
	for i, name := range names {
		symbols[i] = Symbol{name, lines[2*i], lines[2*i+1]}
	}
	return symbols
}

func (c *Core) putDocuments(ctx context.Context, q *query.Queries, b FileBatch) error {
	ids, err := chunkingIDs(ctx, q, b)
	if err != nil {
		return err
	}
	p := query.PutDocumentsParams{Track: b.Snapshot.Track, Revision: b.Snapshot.Revision, Lane: b.Snapshot.Lane, Lease: c.lease.Seconds()}
	for _, f := range sorted(b.Files, func(a, b File) int { return bytes.Compare(a.ID[:], b.ID[:]) }) {
		var chunking int64
		if f.SkipReason == "" {
			if chunking = ids[f.Content]; chunking == 0 {
				return fmt.Errorf("document %s: %w", f.ID, ErrVanished)
			}
			f.SkipDetail = ""
		} else {
			f.Encoding = ""
		}
		p.Ids = append(p.Ids, f.ID)
		p.Paths = append(p.Paths, f.Path)
		p.Oids = append(p.Oids, f.OID)
		p.Modes = append(p.Modes, f.Mode)
		p.Chunkings = append(p.Chunkings, chunking)
		p.Encodings = append(p.Encodings, f.Encoding)
		p.SkipReasons = append(p.SkipReasons, f.SkipReason)
		p.SkipDetails = append(p.SkipDetails, storable(f.SkipDetail))
	}
	if err := q.PutDocuments(ctx, p); err != nil {
		return err
	}
	err = q.TouchDocuments(ctx, query.TouchDocumentsParams{Revision: p.Revision, Ids: p.Ids, Oids: p.Oids, Modes: p.Modes, Encodings: p.Encodings})
	if err != nil {
		return err
	}
	return putFindings(ctx, q, p.Ids, b.Files)
}

func chunkingIDs(ctx context.Context, q *query.Queries, b FileBatch) (map[ChunkingKey]int64, error) {
	var contents []ChunkingKey
	for _, f := range b.Files {
		if f.SkipReason == "" {
			contents = append(contents, f.Content)
		}
	}
	hashes, languages := columns(contents)
	rows, err := q.KnownChunkings(ctx, hashes, languages, int32(b.Chunker))
	ids := make(map[ChunkingKey]int64, len(rows))
	for _, r := range rows {
		ids[ChunkingKey{[32]byte(r.Blob), r.Language}] = r.ID
	}
	return ids, err
}

func (k ChunkingKey) compare(other ChunkingKey) int {
	if c := bytes.Compare(k.Blob[:], other.Blob[:]); c != 0 {
		return c
	}
	return strings.Compare(k.Language, other.Language)
}

func columns(contents []ChunkingKey) (hashes [][]byte, languages []string) {
	for i := range contents {
		hashes = append(hashes, contents[i].Blob[:])
		languages = append(languages, contents[i].Language)
	}
	return hashes, languages
}
