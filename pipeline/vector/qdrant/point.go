package qdrant

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

// Fields of a payload.
const (
	fieldTenant     = "tenant"
	fieldRepository = "repository"
	fieldTrack      = "track"
	fieldDocument   = "document"
	fieldRef        = "ref"
	fieldPath       = "path"
	fieldDirs       = "dirs" // see [vector.Payload.Dirs]
	fieldLanguage   = "language"
	fieldKind       = "kind"
	fieldSymbol     = "symbol"
	fieldSymbols    = "symbols" // see [vector.Symbols]
	fieldNames      = "names"   // see [vector.Payload.Names]
	fieldBlob       = "blob"
	fieldCommit     = "commit"
	fieldStartLine  = "start_line"
	fieldEndLine    = "end_line"
	fieldStartByte  = "start_byte"
	fieldEndByte    = "end_byte"
	fieldRevision   = "revision"
)

// Bytes that a point takes on the wire besides its vectors and texts (names, tags, lengths, ids and numbers), and bytes
// for one more directory, name or sparse term.
const (
	boundRest = 2 << 10
	boundItem = 16
	boundTerm = 5 + 4 // the longest varint and a float
)

// bound returns an upper bound of the bytes that the point takes on the wire, which is close to them. To compute the
// exact size by protobuf takes as long as to send the point.
func bound(p *vector.Point) int {
	n := boundRest + 4*len(p.Dense) + boundTerm*len(p.Sparse.Indices)
	for _, text := range []string{p.Payload.Tenant, p.Payload.Ref, p.Payload.Path, p.Payload.Language, p.Payload.Kind, p.Payload.Symbol, string(p.Payload.Symbols), p.Payload.Blob, p.Payload.Commit} {
		n += len(text)
	}
	for _, name := range p.Payload.Names() {
		n += len(name) + boundItem
	}
	for i := range len(p.Payload.Path) {
		if p.Payload.Path[i] == '/' {
			n += i + boundItem
		}
	}
	return n
}

// unread holds the fields that only filters use.
var unread = []string{fieldDirs, fieldNames}

// decodePoint reads a point back. A form that encode does not write is an error, because another program wrote it.
func decodePoint(id *qdrant.PointId, payload map[string]*qdrant.Value, vectors *qdrant.VectorsOutput) (vector.Point, error) {
	var p vector.Point
	var err error
	if p.ID, err = decodeID(id); err != nil {
		return p, err
	}
	if p.Payload, err = decodePayload(values(payload)); err != nil {
		return p, fmt.Errorf("point %s: %w", p.ID, err)
	}
	named := vectors.GetVectors().GetVectors()
	p.Dense, p.Sparse = decodeDense(named[denseName]), decodeSparse(named[sparseName])
	return p, nil
}

func decodePayload(fields stored) (vector.Payload, error) {
	p := vector.Payload{
		Tenant:    fields.text(fieldTenant),
		Ref:       fields.text(fieldRef),
		Path:      fields.text(fieldPath),
		Language:  fields.text(fieldLanguage),
		Kind:      fields.text(fieldKind),
		Symbol:    fields.text(fieldSymbol),
		Symbols:   vector.Symbols(fields.text(fieldSymbols)),
		Blob:      fields.text(fieldBlob),
		Commit:    fields.text(fieldCommit),
		StartLine: int(fields.integer(fieldStartLine)),
		EndLine:   int(fields.integer(fieldEndLine)),
		StartByte: int(fields.integer(fieldStartByte)),
		EndByte:   int(fields.integer(fieldEndByte)),
		Revision:  fields.integer(fieldRevision),
	}
	for _, id := range [...]struct {
		name string
		to   *uuid.UUID
	}{{fieldRepository, &p.Repository}, {fieldTrack, &p.Track}, {fieldDocument, &p.Document}} {
		parsed, err := uuid.Parse(fields.text(id.name))
		if err != nil {
			return p, fmt.Errorf("%s %q of the payload is not a UUID", id.name, fields.text(id.name))
		}
		*id.to = parsed
	}
	return p, nil
}

// decodeDense and decodeSparse also read the form in which servers before 1.16 answer. Later servers may still use it.
func decodeDense(v *qdrant.VectorOutput) []float32 {
	if dense := v.GetDense(); dense != nil {
		return dense.GetData()
	}
	return v.GetData() //nolint:staticcheck // see above
}

func decodeSparse(v *qdrant.VectorOutput) vector.Sparse {
	if sparse := v.GetSparse(); sparse != nil {
		return vector.Sparse{Indices: sparse.GetIndices(), Values: sparse.GetValues()}
	}
	if v.GetIndices() != nil { //nolint:staticcheck // see above
		return vector.Sparse{Indices: v.GetIndices().GetData(), Values: v.GetData()} //nolint:staticcheck // see above
	}
	return vector.Sparse{}
}

func pointID(id uuid.UUID) *qdrant.PointId {
	return qdrant.NewIDUUID(id.String())
}

func pointIDs(ids []uuid.UUID) []*qdrant.PointId {
	encoded := make([]*qdrant.PointId, len(ids))
	for i, id := range ids {
		encoded[i] = pointID(id)
	}
	return encoded
}

func decodeID(id *qdrant.PointId) (uuid.UUID, error) {
	parsed, err := uuid.Parse(id.GetUuid())
	if err != nil {
		return uuid.Nil, fmt.Errorf("point id %q is not a UUID", id)
	}
	return parsed, nil
}
