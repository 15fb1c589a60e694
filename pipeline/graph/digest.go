package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
)

// Digest is a hash of graphs, with counts.
type Digest struct {
	Digest  string `json:"digest" doc:"SHA-256 in hex."`
	Files   int64  `json:"files"`
	Symbols int64  `json:"symbols" doc:"Definitions in those files."`
	Edges   int64  `json:"edges" doc:"Groups of references of one definition to one name."`
	Exact   int64  `json:"exact" doc:"Files whose edges are those of an imported index."`
	Owed    int64  `json:"owed" doc:"Graphs that are still to be made, or to be brought up to their commits. The digest is final when there are none."`
}

// statePage bounds the graphs that are listed at once, and rowPage the files of a graph.
const (
	statePage = 500
	rowPage   = 200
)

// ComputeDigest hashes the graphs of repositories in the order of track and path. If no repository is named, it hashes
// all graphs. It leaves out the commit, the revision and the number of changes, which depend on the past of a
// repository and not on its content.
func ComputeDigest(ctx context.Context, graphs *catalog.Graphs, repositories []uuid.UUID) (Digest, error) {
	var d Digest
	sum := sha256.New()
	w := digestWriter{Writer: sum}
	err := eachState(ctx, graphs, repositories, func(s catalog.GraphState) error {
		if !s.Whole(CodeVersion()) {
			d.Owed++
			return nil
		}
		w.bytes(s.Track[:])
		w.bytes(s.Inputs[:])
		w.bytes(s.Layout)
		return eachRow(ctx, graphs, s.Track, rowPage, func(page []catalog.GraphRow) error {
			symbols, err := symbolsOfRows(ctx, graphs, page)
			if err != nil {
				return err
			}
			exact, err := exactOfRows(ctx, graphs, s, page)
			if err != nil {
				return err
			}
			for _, row := range page {
				if err := w.file(&d, row, symbols[row.StaleFile.Document]); err != nil {
					return err
				}
				if of, ok := exact[row.StaleFile.Document]; ok {
					d.Exact++
					w.bytes(of.Edges)
					w.numbers(of.Targets...)
				}
			}
			return nil
		})
	})
	d.Digest = hex.EncodeToString(sum.Sum(nil))
	return d, err
}

// eachState calls fn with the state of each graph of the repositories.
func eachState(ctx context.Context, graphs *catalog.Graphs, repositories []uuid.UUID, fn func(catalog.GraphState) error) error {
	for after := uuid.Nil; ; {
		page, err := graphs.States(ctx, repositories, after, statePage)
		if err != nil {
			return err
		}
		for _, s := range page {
			if err := fn(s); err != nil {
				return err
			}
			after = s.Track
		}
		if len(page) < statePage {
			return nil
		}
	}
}

// eachRow calls fn with the files of a graph, a page at a time.
func eachRow(ctx context.Context, graphs *catalog.Graphs, track uuid.UUID, most int, fn func([]catalog.GraphRow) error) error {
	for after := ""; ; {
		page, err := graphs.Rows(ctx, track, after, most)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			if err := fn(page); err != nil {
				return err
			}
			after = page[len(page)-1].Path
		}
		if len(page) < most {
			return nil
		}
	}
}

// exactOfRows loads the exact edges of these files of a graph.
func exactOfRows(ctx context.Context, graphs *catalog.Graphs, s catalog.GraphState, page []catalog.GraphRow) (map[uuid.UUID]catalog.FileEdges, error) {
	if s.Indexes == "" {
		return nil, nil
	}
	documents := make([]uuid.UUID, len(page))
	for i, row := range page {
		documents[i] = row.StaleFile.Document
	}
	return graphs.ExactOf(ctx, s.Track, documents)
}

// symbolsOfRows loads the symbols of these files of a graph.
func symbolsOfRows(ctx context.Context, graphs *catalog.Graphs, page []catalog.GraphRow) (map[uuid.UUID][]symbol, error) {
	documents := make([]uuid.UUID, len(page))
	for i, row := range page {
		documents[i] = row.StaleFile.Document
	}
	return symbolsOf(ctx, graphs, documents)
}

// symbolsOf loads the symbols of documents.
func symbolsOf(ctx context.Context, graphs *catalog.Graphs, documents []uuid.UUID) (map[uuid.UUID][]symbol, error) {
	of := make(map[uuid.UUID][]symbol, len(documents))
	if len(documents) == 0 {
		return of, nil
	}
	rows, err := graphs.SymbolsOf(ctx, documents, len(documents)*(fact.MaxDefinitions+fact.MaxImports+1))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		of[r.Document] = append(of[r.Document], r)
	}
	return of, nil
}

// digestWriter writes to a hash or a buffer. Neither returns an error.
type digestWriter struct {
	io.Writer
	buffer []byte
}

func (w *digestWriter) bytes(b []byte) {
	w.buffer = binary.LittleEndian.AppendUint32(w.buffer[:0], uint32(len(b)))
	_, _ = w.Write(w.buffer)
	_, _ = w.Write(b)
}

func (w *digestWriter) text(s string) { w.bytes([]byte(s)) }

func (w *digestWriter) numbers(list ...int64) {
	w.buffer = binary.LittleEndian.AppendUint32(w.buffer[:0], uint32(len(list)))
	for _, n := range list {
		w.buffer = binary.LittleEndian.AppendUint64(w.buffer, uint64(n))
	}
	_, _ = w.Write(w.buffer)
}

func (w *digestWriter) file(d *Digest, row catalog.GraphRow, symbols []symbol) error {
	edges, err := DecodeEdges(row.Edges)
	if err != nil {
		return err
	}
	d.Files++
	d.Edges += int64(len(edges))
	w.text(row.Path)
	w.bytes(row.Content.Blob[:])
	w.text(row.Content.Language)
	w.text(row.Package)
	for _, s := range symbols {
		if s.Kind > 0 {
			d.Symbols++
		}
		w.symbol(s)
	}
	w.bytes(row.Edges)
	w.numbers(row.Keys...)
	w.numbers(row.Targets...)
	return nil
}

// symbol writes what is a symbol's own. It leaves out what the symbol has from its file.
func (w *digestWriter) symbol(s symbol) {
	for _, text := range []string{s.Name, s.Qualified, s.Signature, s.Doc, s.Type} {
		w.text(text)
	}
	w.numbers(int64(s.Kind), int64(s.Visibility), int64(s.StartLine), int64(s.EndLine), int64(s.Line), int64(len(s.Bases)))
	for _, base := range s.Bases {
		w.text(base)
	}
}

// written returns the part of symbols that a digest hashes.
func written(list []symbol) []byte {
	var b bytes.Buffer
	w := digestWriter{Writer: &b}
	for _, s := range list {
		w.symbol(s)
	}
	return b.Bytes()
}
