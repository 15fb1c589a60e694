package vector

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
)

// Fields of a payload.
const (
	fieldTenant     = "tenant"
	fieldRepository = "repository"
	fieldTrack      = "track"
	fieldDocument   = "document"
	fieldRef        = "ref"
	fieldPath       = "path"
	fieldDirs       = "dirs" // every directory above path: Qdrant matches values, not prefixes
	fieldLanguage   = "language"
	fieldKind       = "kind"
	fieldSymbol     = "symbol"
	fieldBlob       = "blob"
	fieldCommit     = "commit"
	fieldStartLine  = "start_line"
	fieldEndLine    = "end_line"
	fieldStartByte  = "start_byte"
	fieldEndByte    = "end_byte"
	fieldRevision   = "revision"
)

// Sparse is a vector of term weights: Values[i] is the weight of term
// Indices[i]. No index occurs twice.
type Sparse struct {
	Indices []uint32
	Values  []float32
}

// Payload says what a point is.
type Payload struct {
	Tenant     string
	Repository uuid.UUID
	Track      uuid.UUID
	Document   uuid.UUID
	Ref        string
	Path       string
	Language   string // empty: unknown
	Kind       string // of the chunk, for example "function"; empty: none
	Symbol     string // empty: none
	Blob       string // SHA-256 in hex
	Commit     string // in hex
	StartLine  int    // first line, counted from 1
	EndLine    int    // last line, included
	StartByte  int    // offset in the blob
	EndByte    int    // offset of the byte after the last
	Revision   int64
}

// Point is one chunk of a document in a collection.
type Point struct {
	ID      uuid.UUID
	Dense   []float32
	Sparse  Sparse // may be empty
	Payload Payload
}

func (p *Point) encode() (*qdrant.PointStruct, error) {
	if len(p.Sparse.Indices) != len(p.Sparse.Values) {
		return nil, fmt.Errorf("point %s: sparse vector with %d indices and %d values", p.ID, len(p.Sparse.Indices), len(p.Sparse.Values))
	}
	payload, err := p.Payload.encode()
	if err != nil {
		return nil, fmt.Errorf("point %s: %w", p.ID, err)
	}
	vectors := map[string]*qdrant.Vector{denseName: qdrant.NewVectorDense(p.Dense)}
	if len(p.Sparse.Indices) > 0 {
		vectors[sparseName] = qdrant.NewVectorSparse(p.Sparse.Indices, p.Sparse.Values)
	}
	return &qdrant.PointStruct{Id: pointID(p.ID), Vectors: qdrant.NewVectorsMap(vectors), Payload: payload}, nil
}

// What a point takes on the wire beside its vectors and texts: names, tags,
// lengths, ids and numbers; and the same of one more directory or sparse term.
const (
	boundRest = 2 << 10
	boundDir  = 16
	boundTerm = 5 + 4 // the longest varint and a float
)

// bound returns no less than what the point takes on the wire, and not much
// more: to ask protobuf takes as long as to send it.
func (p *Point) bound() int {
	n := boundRest + 4*len(p.Dense) + boundTerm*len(p.Sparse.Indices)
	for _, text := range []string{p.Payload.Tenant, p.Payload.Ref, p.Payload.Path, p.Payload.Language, p.Payload.Kind, p.Payload.Symbol, p.Payload.Blob, p.Payload.Commit} {
		n += len(text)
	}
	for i := range len(p.Payload.Path) {
		if p.Payload.Path[i] == '/' {
			n += i + boundDir
		}
	}
	return n
}

func (p *Payload) encode() (map[string]*qdrant.Value, error) {
	if p.Tenant == "" {
		return nil, errors.New("the payload names no tenant")
	}
	fields := map[string]*qdrant.Value{
		fieldRepository: qdrant.NewValueString(p.Repository.String()),
		fieldTrack:      qdrant.NewValueString(p.Track.String()),
		fieldDocument:   qdrant.NewValueString(p.Document.String()),
		fieldDirs:       encodeDirs(p.Path),
		fieldStartLine:  qdrant.NewValueInt(int64(p.StartLine)),
		fieldEndLine:    qdrant.NewValueInt(int64(p.EndLine)),
		fieldStartByte:  qdrant.NewValueInt(int64(p.StartByte)),
		fieldEndByte:    qdrant.NewValueInt(int64(p.EndByte)),
		fieldRevision:   qdrant.NewValueInt(p.Revision),
	}
	for name, text := range map[string]string{
		fieldTenant: p.Tenant, fieldRef: p.Ref, fieldPath: p.Path, fieldLanguage: p.Language,
		fieldKind: p.Kind, fieldSymbol: p.Symbol, fieldBlob: p.Blob, fieldCommit: p.Commit,
	} {
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("%s %q is not valid UTF-8", name, text)
		}
		if text != "" {
			fields[name] = qdrant.NewValueString(text)
		}
	}
	return fields, nil
}

func encodeDirs(path string) *qdrant.Value {
	list := &qdrant.ListValue{}
	for i := range len(path) {
		if path[i] == '/' && i > 0 {
			list.Values = append(list.Values, qdrant.NewValueString(path[:i]))
		}
	}
	return qdrant.NewValueList(list)
}

// decodePoint reads a point back. What is not of the form that encode writes
// is an error: somebody else wrote to the collection.
func decodePoint(id *qdrant.PointId, payload map[string]*qdrant.Value, vectors *qdrant.VectorsOutput) (Point, error) {
	var p Point
	var err error
	if p.ID, err = decodeID(id); err != nil {
		return p, err
	}
	if p.Payload, err = decodePayload(payload); err != nil {
		return p, fmt.Errorf("point %s: %w", p.ID, err)
	}
	named := vectors.GetVectors().GetVectors()
	p.Dense, p.Sparse = decodeDense(named[denseName]), decodeSparse(named[sparseName])
	return p, nil
}

func decodePayload(fields map[string]*qdrant.Value) (Payload, error) {
	p := Payload{
		Tenant:    fields[fieldTenant].GetStringValue(),
		Ref:       fields[fieldRef].GetStringValue(),
		Path:      fields[fieldPath].GetStringValue(),
		Language:  fields[fieldLanguage].GetStringValue(),
		Kind:      fields[fieldKind].GetStringValue(),
		Symbol:    fields[fieldSymbol].GetStringValue(),
		Blob:      fields[fieldBlob].GetStringValue(),
		Commit:    fields[fieldCommit].GetStringValue(),
		StartLine: int(fields[fieldStartLine].GetIntegerValue()),
		EndLine:   int(fields[fieldEndLine].GetIntegerValue()),
		StartByte: int(fields[fieldStartByte].GetIntegerValue()),
		EndByte:   int(fields[fieldEndByte].GetIntegerValue()),
		Revision:  fields[fieldRevision].GetIntegerValue(),
	}
	for name, id := range map[string]*uuid.UUID{fieldRepository: &p.Repository, fieldTrack: &p.Track, fieldDocument: &p.Document} {
		parsed, err := uuid.Parse(fields[name].GetStringValue())
		if err != nil {
			return p, fmt.Errorf("%s %q of the payload is not a UUID", name, fields[name].GetStringValue())
		}
		*id = parsed
	}
	return p, nil
}

// decodeDense and decodeSparse also read the form that servers before 1.16
// answer in, which later ones may still use.
func decodeDense(v *qdrant.VectorOutput) []float32 {
	if dense := v.GetDense(); dense != nil {
		return dense.GetData()
	}
	return v.GetData() //nolint:staticcheck // see above
}

func decodeSparse(v *qdrant.VectorOutput) Sparse {
	if sparse := v.GetSparse(); sparse != nil {
		return Sparse{sparse.GetIndices(), sparse.GetValues()}
	}
	if v.GetIndices() != nil { //nolint:staticcheck // see above
		return Sparse{v.GetIndices().GetData(), v.GetData()} //nolint:staticcheck // see above
	}
	return Sparse{}
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
