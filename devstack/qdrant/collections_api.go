package qdrant

import (
	"context"
	"time"

	"github.com/qdrant/go-client/qdrant"
)

type collectionsAPI struct {
	qdrant.UnimplementedCollectionsServer
	registry *registry
}

func since(start time.Time) float64 { return time.Since(start).Seconds() }

func (a *collectionsAPI) Create(_ context.Context, request *qdrant.CreateCollection) (*qdrant.CollectionOperationResponse, error) {
	start := time.Now()
	shape, err := parseShape(request)
	if err != nil {
		return nil, err
	}
	tuning, err := parseTuning(request)
	if err != nil {
		return nil, err
	}
	if err := a.registry.create(request.GetCollectionName(), shape, tuning); err != nil {
		return nil, err
	}
	return &qdrant.CollectionOperationResponse{Result: true, Time: since(start)}, nil
}

// Update accepts settings that tune Qdrant, and ignores them.
func (a *collectionsAPI) Update(_ context.Context, request *qdrant.UpdateCollection) (*qdrant.CollectionOperationResponse, error) {
	start := time.Now()
	switch {
	case request.GetQuantizationConfig() != nil:
		return nil, unsupported("quantization")
	case request.GetStrictModeConfig() != nil:
		return nil, unsupported("strict mode")
	case len(request.GetMetadata()) > 0:
		return nil, unsupported("collection metadata")
	case request.GetParams() != nil || request.GetVectorsConfig() != nil || request.GetSparseVectorsConfig() != nil:
		return nil, unsupported("changing the parameters of a collection")
	}
	if _, err := a.registry.get(request.GetCollectionName()); err != nil {
		return nil, err
	}
	return &qdrant.CollectionOperationResponse{Result: true, Time: since(start)}, nil
}

func (a *collectionsAPI) Delete(_ context.Context, request *qdrant.DeleteCollection) (*qdrant.CollectionOperationResponse, error) {
	start := time.Now()
	found, err := a.registry.drop(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	return &qdrant.CollectionOperationResponse{Result: found, Time: since(start)}, nil
}

func (a *collectionsAPI) List(context.Context, *qdrant.ListCollectionsRequest) (*qdrant.ListCollectionsResponse, error) {
	start := time.Now()
	reply := &qdrant.ListCollectionsResponse{}
	for _, name := range a.registry.names() {
		reply.Collections = append(reply.Collections, &qdrant.CollectionDescription{Name: name})
	}
	reply.Time = since(start)
	return reply, nil
}

func (a *collectionsAPI) CollectionExists(_ context.Context, request *qdrant.CollectionExistsRequest) (*qdrant.CollectionExistsResponse, error) {
	start := time.Now()
	_, err := a.registry.get(request.GetCollectionName())
	return &qdrant.CollectionExistsResponse{Result: &qdrant.CollectionExists{Exists: err == nil}, Time: since(start)}, nil
}

func (a *collectionsAPI) Get(_ context.Context, request *qdrant.GetCollectionInfoRequest) (*qdrant.GetCollectionInfoResponse, error) {
	start := time.Now()
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	info := &qdrant.CollectionInfo{
		Status:          qdrant.CollectionStatus_Green,
		OptimizerStatus: &qdrant.OptimizerStatus{Ok: true},
		SegmentsCount:   1,
		PayloadSchema:   map[string]*qdrant.PayloadSchemaInfo{},
	}
	err = c.read(func(s *segment) error {
		info.Config = c.current.Tuning.config(s.shape)
		points := uint64(len(s.slots))
		info.PointsCount, info.IndexedVectorsCount = &points, &points
		for name, kind := range c.current.Indexes {
			info.PayloadSchema[name] = &qdrant.PayloadSchemaInfo{DataType: kind}
			if name == c.current.Tenant {
				info.PayloadSchema[name].Params = qdrant.NewPayloadIndexParamsKeyword(&qdrant.KeywordIndexParams{IsTenant: qdrant.PtrOf(true)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &qdrant.GetCollectionInfoResponse{Result: info, Time: since(start)}, nil
}

func (a *collectionsAPI) UpdateAliases(_ context.Context, request *qdrant.ChangeAliases) (*qdrant.CollectionOperationResponse, error) {
	start := time.Now()
	if err := a.registry.alter(request.GetActions()); err != nil {
		return nil, err
	}
	return &qdrant.CollectionOperationResponse{Result: true, Time: since(start)}, nil
}

func (a *collectionsAPI) ListAliases(context.Context, *qdrant.ListAliasesRequest) (*qdrant.ListAliasesResponse, error) {
	start := time.Now()
	return &qdrant.ListAliasesResponse{Aliases: a.registry.listAliases(""), Time: since(start)}, nil
}

func (a *collectionsAPI) ListCollectionAliases(_ context.Context, request *qdrant.ListCollectionAliasesRequest) (*qdrant.ListAliasesResponse, error) {
	start := time.Now()
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	return &qdrant.ListAliasesResponse{Aliases: a.registry.listAliases(c.name), Time: since(start)}, nil
}
