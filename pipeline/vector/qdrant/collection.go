package qdrant

import (
	"context"
	"fmt"
	"slices"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
)

// Names of a collection's vectors.
const (
	denseName  = "dense"
	sparseName = "text"
)

var distances = map[string]qdrant.Distance{
	vector.Dot:    qdrant.Distance_Dot,
	vector.Cosine: qdrant.Distance_Cosine,
}

// index is a payload index. Every field that filters use has one, so that a filter reads no payload.
type index struct {
	field  string
	kind   qdrant.FieldType
	tenant bool
}

var indexes = []index{
	{fieldTenant, qdrant.FieldType_FieldTypeKeyword, true},
	{fieldRepository, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldTrack, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldDocument, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldRef, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldPath, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldDirs, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldLanguage, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldKind, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldSymbol, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldNames, qdrant.FieldType_FieldTypeKeyword, false},
	{fieldRevision, qdrant.FieldType_FieldTypeInteger, false},
}

// CreateCollection implements [vector.Store]. It also makes the payload indexes that are missing.
func (s *Store) CreateCollection(ctx context.Context, name string, dimensions int, distance string) error {
	metric, known := distances[distance]
	if !known {
		return fault.Reject(fmt.Errorf("create collection %s: distance %q: use dot or cosine", name, distance))
	}
	if dimensions < 1 || dimensions > vector.MaxDimensions {
		return fault.Reject(fmt.Errorf("create collection %s: %d dimensions: use 1 to %d", name, dimensions, vector.MaxDimensions))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	info, err := s.describe(ctx, name)
	if status.Code(err) == codes.NotFound {
		info, err = s.create(ctx, name, dimensions, metric)
	}
	if err != nil {
		return explain(ctx, err, "create collection %s", name)
	}
	params := info.GetConfig().GetParams()
	dense := params.GetVectorsConfig().GetParamsMap().GetMap()[denseName]
	if dense.GetSize() != uint64(dimensions) || dense.GetDistance() != metric {
		return fault.Reject(fmt.Errorf("create collection %s: it exists with %d dimensions and distance %s, not %d and %s: use another name or drop it",
			name, dense.GetSize(), dense.GetDistance(), dimensions, metric))
	}
	if _, found := params.GetSparseVectorsConfig().GetMap()[sparseName]; !found {
		return fault.Reject(fmt.Errorf("create collection %s: it exists without the sparse vector %q: use another name or drop it", name, sparseName))
	}
	return s.createIndexes(ctx, name, info)
}

func (s *Store) describe(ctx context.Context, name string) (*qdrant.CollectionInfo, error) {
	reply, err := s.collections.Get(ctx, &qdrant.GetCollectionInfoRequest{CollectionName: name})
	return reply.GetResult(), err
}

// create makes the collection, or finds that another process has just made it.
func (s *Store) create(ctx context.Context, name string, dimensions int, metric qdrant.Distance) (*qdrant.CollectionInfo, error) {
	request := &qdrant.CreateCollection{
		CollectionName: name,
		VectorsConfig: qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{
			denseName: {Size: uint64(dimensions), Distance: metric, OnDisk: qdrant.PtrOf(s.layout.VectorsOnDisk)},
		}),
		SparseVectorsConfig: qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{
			sparseName: {Modifier: qdrant.Modifier_Idf.Enum()},
		}),
		OnDiskPayload: qdrant.PtrOf(true),
	}
	ask(request, s.layout)
	_, createErr := s.collections.Create(ctx, request)
	info, err := s.describe(ctx, name)
	if createErr != nil && err != nil {
		return nil, createErr
	}
	return info, err
}

func (s *Store) createIndexes(ctx context.Context, name string, info *qdrant.CollectionInfo) error {
	for _, index := range indexes {
		if _, found := info.GetPayloadSchema()[index.field]; found {
			continue
		}
		request := &qdrant.CreateFieldIndexCollection{
			CollectionName: name,
			FieldName:      index.field,
			FieldType:      index.kind.Enum(),
			Wait:           qdrant.PtrOf(true),
		}
		if index.tenant {
			request.FieldIndexParams = qdrant.NewPayloadIndexParamsKeyword(&qdrant.KeywordIndexParams{IsTenant: qdrant.PtrOf(true)})
		}
		if _, err := s.points.CreateFieldIndex(ctx, request); err != nil {
			return explain(ctx, err, "create index %s of collection %s", index.field, name)
		}
	}
	return nil
}

// DropCollection implements [vector.Store].
func (s *Store) DropCollection(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.collections.Delete(ctx, &qdrant.DeleteCollection{CollectionName: name})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return explain(ctx, err, "drop collection %s", name)
}

// Collections implements [vector.Store].
func (s *Store) Collections(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.collections.List(ctx, &qdrant.ListCollectionsRequest{})
	if err != nil {
		return nil, explain(ctx, err, "list collections")
	}
	names := make([]string, 0, len(reply.GetCollections()))
	for _, collection := range reply.GetCollections() {
		names = append(names, collection.GetName())
	}
	slices.Sort(names)
	return names, nil
}

// SetAlias implements [vector.Store].
func (s *Store) SetAlias(ctx context.Context, alias, collection string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.collections.UpdateAliases(ctx, &qdrant.ChangeAliases{Actions: []*qdrant.AliasOperations{
		qdrant.NewAliasDelete(alias),
		qdrant.NewAliasCreate(alias, collection),
	}})
	return explain(ctx, err, "point alias %s at collection %s", alias, collection)
}

// Alias implements [vector.Store].
func (s *Store) Alias(ctx context.Context, alias string) (collection string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.collections.ListAliases(ctx, &qdrant.ListAliasesRequest{})
	if err != nil {
		return "", false, explain(ctx, err, "look up alias %s", alias)
	}
	for _, entry := range reply.GetAliases() {
		if entry.GetAliasName() == alias {
			return entry.GetCollectionName(), true, nil
		}
	}
	return "", false, nil
}
