package qdrant

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

// decodePayload reads the payload as the function [decodePayload] reads that of the generated code. The points of one
// answer have most of their short texts in common. A text that is also in the payload before is not copied again.
func (p *point) decodePayload(into, before *vector.Payload) error {
	if before == nil {
		before = &vector.Payload{}
	}
	var repository, track, document []byte
	err := p.eachEntry(func(e entry) {
		switch string(e.name) {
		case fieldTenant:
			into.Tenant = shared(before.Tenant, e.text)
		case fieldRepository:
			repository = e.text
		case fieldTrack:
			track = e.text
		case fieldDocument:
			document = e.text
		case fieldRef:
			into.Ref = shared(before.Ref, e.text)
		case fieldPath:
			into.Path = shared(before.Path, e.text)
		case fieldLanguage:
			into.Language = shared(before.Language, e.text)
		case fieldKind:
			into.Kind = shared(before.Kind, e.text)
		case fieldSymbol:
			into.Symbol = string(e.text)
		case fieldSymbols:
			into.Symbols = vector.Symbols(e.text)
		case fieldBlob:
			into.Blob = shared(before.Blob, e.text)
		case fieldCommit:
			into.Commit = shared(before.Commit, e.text)
		case fieldStartLine:
			into.StartLine = int(e.integer)
		case fieldEndLine:
			into.EndLine = int(e.integer)
		case fieldStartByte:
			into.StartByte = int(e.integer)
		case fieldEndByte:
			into.EndByte = int(e.integer)
		case fieldRevision:
			into.Revision = e.integer
		}
	})
	if err != nil {
		return err
	}
	for _, id := range [...]struct {
		name string
		text []byte
		to   *uuid.UUID
	}{{fieldRepository, repository, &into.Repository}, {fieldTrack, track, &into.Track}, {fieldDocument, document, &into.Document}} {
		if *id.to, err = uuid.ParseBytes(id.text); err != nil {
			return fmt.Errorf("%s %q of the payload is not a UUID", id.name, id.text)
		}
	}
	return nil
}

// shared returns the text. If before is equal, it returns that, and so uses no new memory.
func shared(before string, text []byte) string {
	if before == string(text) {
		return before
	}
	return string(text)
}
