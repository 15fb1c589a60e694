package search

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/text"
	"github.com/leatworks/leat/pipeline/vector"
)

// wholeLines bounds the bytes of a chunk after it has been widened to whole lines.
const wholeLines = 64 << 10

func newCandidates(found []vector.Hit) ([]candidate, error) {
	list := make([]candidate, len(found))
	for i, f := range found {
		hash, err := hex.DecodeString(f.Payload.Blob)
		if err != nil || len(hash) != 32 {
			return nil, fmt.Errorf("point %s names a blob that is no SHA-256", f.ID)
		}
		list[i] = candidate{hit: newHit(f.Payload, f.Score), point: f.Payload, blob: [32]byte(hash), fused: f.Score, boost: 1}
	}
	return list, nil
}

// defined lists the definitions of which the candidate shows a line.
func (c *candidate) defined() []vector.Symbol {
	var list []vector.Symbol
	for s := range c.point.Symbols.All() {
		if s.StartLine <= c.hit.EndLine && c.hit.StartLine <= s.EndLine {
			s.StartLine, s.EndLine = max(s.StartLine, c.hit.StartLine), min(s.EndLine, c.hit.EndLine)
			list = append(list, s)
		}
	}
	return list
}

// load fills in the commit and the text of the candidates. It leaves out a candidate whose text has been collected as
// garbage. The document of such a candidate changed longer ago than the grace, and has no new points yet.
func (s *Searcher) load(ctx context.Context, list []candidate, symbols []string) ([]candidate, error) {
	if err := s.refresh(ctx, list); err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(list))
	for i := range list {
		hashes[i] = list[i].blob[:]
	}
	known, err := s.Files.BlobSpans(ctx, hashes)
	if err != nil {
		return nil, err
	}
	stored := make([]candidate, 0, len(list))
	var spans []blob.Span
	var users [][]int // for each span, the candidates that show a part of it
	at := make(map[[32]byte]int)
	for _, c := range list {
		span, found := known[c.blob]
		if !found {
			continue
		}
		if _, seen := at[c.blob]; !seen {
			at[c.blob] = len(spans)
			spans, users = append(spans, blob.Span(span)), append(users, nil)
		}
		users[at[c.blob]] = append(users[at[c.blob]], len(stored))
		stored = append(stored, c)
	}
	return stored, s.Blobs.Read(ctx, spans, func(i int, content []byte) error {
		for _, u := range users[i] {
			if err := stored[u].show(content, symbols); err != nil {
				return fmt.Errorf("show a hit in %q: %w", stored[u].hit.Path, err)
			}
		}
		return nil
	})
}

// refresh names the track's current commit in a hit if the document is the same there. The point knows only the commit
// that last changed the document.
func (s *Searcher) refresh(ctx context.Context, list []candidate) error {
	var ids []uuid.UUID
	for i := range list {
		for c := range list[i].places() {
			ids = append(ids, c.point.Document)
		}
	}
	current, err := s.Files.CurrentCommits(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		for c := range list[i].places() {
			if now, known := current[c.point.Document]; known && now.Revision == c.point.Revision {
				c.hit.Commit, c.hit.Revision, c.hit.Encoding = now.Commit, now.At, now.Encoding
			}
		}
	}
	return nil
}

// show takes the hit's lines from the blob. If the query names symbols, it shows only their lines.
func (c *candidate) show(content []byte, symbols []string) error {
	h := &c.hit
	if h.StartByte < 0 || h.EndByte > len(content) || h.StartByte >= h.EndByte {
		return fmt.Errorf("bytes %d to %d of a blob of %d bytes", h.StartByte, h.EndByte, len(content))
	}
	start := bytes.LastIndexByte(content[:h.StartByte], '\n') + 1
	end := h.EndByte
	if content[end-1] != '\n' {
		if n := bytes.IndexByte(content[end:], '\n'); n >= 0 {
			end += n + 1
		} else {
			end = len(content)
		}
	}
	if end-start > wholeLines {
		h.Partial = true
	} else {
		h.StartByte, h.EndByte = start, end
	}
	c.start, c.end = h.StartByte, h.EndByte
	if len(symbols) > 0 {
		c.narrow(content, symbols)
	}
	h.Symbols = c.defined()
	h.Text = string(content[c.start:c.end])
	in := text.Encoding(h.Encoding)
	h.StartByte, h.EndByte = in.Offset(content, c.start), in.Offset(content, c.end)
	return nil
}
