package service

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/leatworks/leat/pipeline/search"
)

const (
	// LeastBytes is the smallest bound on an answer. It has room for the frame of one hit with a
	// few lines of its text.
	LeastBytes = 1 << 10
	// BytesPerToken is the number of bytes that count as one token. Models put more bytes of code
	// into a token (about 3.5), so an answer is rather too short than too long.
	BytesPerToken = 3
)

// The cursor of a search holds the digest of the request, and the digest of each hit that was
// shown. So a page never repeats a hit, even if the ranking has changed since the previous page.
const (
	digestBytes  = 6
	maxCursor    = (search.MaxLimit + 1) * digestBytes
	cursorMarker = "s1." // of the form of cursors of a search
)

// tokens returns the number of tokens that a text counts as, rounded up.
func tokens(bytes int) int { return (bytes + BytesPerToken - 1) / BytesPerToken }

type digest [digestBytes]byte

func digestOf(parts ...string) digest {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return digest(sum[:digestBytes])
}

// digest distinguishes requests that have different hits.
func (r SearchRequest) digest() digest {
	parts := []string{r.Tenant, r.Query, r.Ref, r.Path}
	for _, list := range [][]string{r.Repositories, r.Languages, r.Kinds, r.Symbols} {
		parts = append(append(parts, strconv.Itoa(len(list))), list...)
	}
	return digestOf(parts...)
}

func (h Hit) digest() digest {
	return digestOf(h.Repository, h.Ref, h.Path, strconv.Itoa(h.StartLine), strconv.Itoa(h.StartByte))
}

// seen parses the cursor of a request. It returns the hits that were shown.
func (r SearchRequest) seen() (seen []digest, err error) {
	if r.After == "" {
		return nil, nil
	}
	bad := &Error{Kind: Invalid, Field: FieldCursor, Reason: "this cursor belongs to another search: repeat that search, or begin without one"}
	text, found := strings.CutPrefix(r.After, cursorMarker)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !found || len(raw) < digestBytes || len(raw) > maxCursor || len(raw)%digestBytes != 0 || digest(raw[:digestBytes]) != r.digest() {
		return nil, bad
	}
	for part := range slices.Chunk(raw[digestBytes:], digestBytes) {
		seen = append(seen, digest(part))
	}
	return seen, nil
}

// choose keeps the hits that have not been shown, as many as the request wants. The answer's hits
// are those of a search for at most asked hits. full says that there may be more.
func (a *SearchAnswer) choose(r SearchRequest, asked int, seen []digest) (full bool) {
	full = len(a.Hits) == asked && asked < search.MaxLimit
	a.Hits = slices.DeleteFunc(a.Hits, func(h Hit) bool { return slices.Contains(seen, h.digest()) })
	if most := cmp.Or(r.Limit, search.DefaultLimit); len(a.Hits) > most {
		a.Hits, full = a.Hits[:most], true
	}
	return full
}

// page keeps the chosen hits within the bounds of the request, and says how to continue.
func (a *SearchAnswer) page(r SearchRequest, seen []digest, full bool) error {
	found := len(a.Hits)
	if err := a.bound(r); err != nil {
		return err
	}
	if left := found - len(a.Hits); left > 0 {
		a.Cut = fmt.Sprintf("%d of %d hits are left out, because the answer would be too large: next leads to them", left, found)
		full = true
	}
	if full && len(a.Hits) > 0 {
		for _, h := range a.Hits {
			seen = append(seen, h.digest())
		}
		mark := r.digest()
		a.Next = cursorMarker + base64.RawURLEncoding.EncodeToString(append(mark[:], slices.Concat(bytesOf(seen)...)...))
	}
	return nil
}

func bytesOf(list []digest) [][]byte {
	all := make([][]byte, len(list))
	for i := range list {
		all[i] = list[i][:]
	}
	return all
}

// bound drops the last hits, so that the rest is within the request's bounds. If only the first hit
// is left, it loses lines instead.
func (a *SearchAnswer) bound(r SearchRequest) error {
	room := r.MaxBytes
	if tokens := r.MaxTokens * BytesPerToken; tokens > 0 && (room == 0 || tokens < room) {
		room = tokens
	}
	if room == 0 {
		return nil
	}
	for i := range a.Hits {
		size, err := sizeOf(a.Hits[i])
		if err != nil {
			return err
		}
		if size > room && i == 0 {
			return a.cutFirst(room)
		}
		if room -= size; room < 0 {
			a.Hits = a.Hits[:i]
			return nil
		}
	}
	return nil
}

// cutFirst keeps only the first hit, with as many of its lines as fit.
func (a *SearchAnswer) cutFirst(room int) error {
	a.Hits = a.Hits[:1]
	h := &a.Hits[0]
	h.Places, h.Calls = nil, nil
	lines := slices.Collect(strings.Lines(h.Text))
	for keep := len(lines); keep > 0; keep-- {
		shown := *h
		shown.Text, shown.CutLines, shown.EndLine = strings.Join(lines[:keep], ""), len(lines)-keep, h.EndLine-len(lines)+keep
		fits, err := shown.fit(room, keep == 1)
		if err != nil {
			return err
		}
		if fits {
			*h = shown
			break
		}
	}
	a.Cut = fmt.Sprintf("the end of the first hit is left out, because the answer would be too large: read the file from line %d", h.EndLine+1)
	if h.Partial {
		a.Cut = fmt.Sprintf("the end of the first hit is left out, because the answer would be too large: read the file from line %d", h.EndLine)
	}
	return nil
}

// fit reports whether a hit fits into room. With force it cuts the hit's line until it fits, or
// until nothing is left of it.
func (h *Hit) fit(room int, force bool) (bool, error) {
	for {
		size, err := sizeOf(*h)
		if err != nil || size <= room || !force || h.Text == "" {
			return size <= room || force, err
		}
		h.Text = strings.ToValidUTF8(h.Text[:len(h.Text)/2], "")
		h.Partial, h.EndByte = true, h.StartByte+len(h.Text)
	}
}

// sizeOf returns the bytes of a hit in JSON, with the comma after it.
func sizeOf(h Hit) (int, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return 0, fmt.Errorf("encode a hit: %w", err)
	}
	return len(text) + 1, nil
}
