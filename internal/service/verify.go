package service

import (
	"context"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/graph"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// ScopeRequest chooses the points to look at.
type ScopeRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, or the end of one of them; "": all
	AnyTenant  bool     // without a repository: the points of every tenant
}

// VerifyRequest asks for a comparison of the three stores. Objects are always compared as a whole,
// because tenants share them.
type VerifyRequest struct {
	ScopeRequest
	Grace time.Duration           // age from which an object that the catalog does not know counts as a difference
	Found func(kind, what string) // is called for each difference; may be nil
}

// DigestAnswer holds a hash of the points of the active generation, and one of the symbol graphs.
type DigestAnswer struct {
	point.Digest
	Graph graph.Digest `json:"graph"`
}

// Digest hashes the points of the active generation, and the symbol graphs.
func (s *Service) Digest(ctx context.Context, r ScopeRequest) (d DigestAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.Qdrant); err != nil {
		return d, err
	}
	generation, err := s.active(ctx)
	if err != nil {
		return d, err
	}
	scope, err := s.scope(ctx, r)
	if err != nil {
		return d, err
	}
	if d.Digest, err = point.ComputeDigest(ctx, s.stores.Points, generation.Collection, scope); err != nil {
		return d, err
	}
	d.Graph, err = graph.ComputeDigest(ctx, s.stores.Catalog.Graphs, scope.Repositories)
	return d, err
}

// Verify compares the catalog with the active generation and with S3. It only
// reads.
func (s *Service) Verify(ctx context.Context, r VerifyRequest) (report verify.Report, err error) {
	defer mark(&err)
	v, scope, err := s.verifier(ctx, r)
	if err != nil {
		return report, err
	}
	return v.Verify(ctx, scope)
}

// RepairPoints brings the active generation in line with the catalog. It deletes points and makes
// documents due, which workers then index again. It marks symbol graphs as owed that differ from
// their facts.
func (s *Service) RepairPoints(ctx context.Context, r VerifyRequest) (did verify.Repaired, err error) {
	defer mark(&err)
	v, scope, err := s.verifier(ctx, r)
	if err != nil {
		return did, err
	}
	return v.Repair(ctx, scope)
}

func (s *Service) verifier(ctx context.Context, r VerifyRequest) (v verify.Verifier, scope point.Scope, err error) {
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3|store.Qdrant); err != nil {
		return v, scope, err
	}
	generation, err := s.active(ctx)
	if err != nil {
		return v, scope, err
	}
	scope, err = s.scope(ctx, r.ScopeRequest)
	return verify.Verifier{
		Documents: s.stores.Catalog, Packs: s.stores.Catalog.Packs, Points: s.stores.Points, Blobs: s.stores.Blobs,
		Generation: generation, Grace: r.Grace, Found: r.Found, Graphs: s.graphs(),
	}, scope, err
}

// graphs returns the step that compares symbol graphs. It cannot cut texts, since only workers read
// texts.
func (s *Service) graphs() *graph.Step {
	c := s.stores.Catalog
	return graph.NewChecker(graph.RoomsOf(c), s.stores.Blobs)
}

func (s *Service) scope(ctx context.Context, r ScopeRequest) (scope point.Scope, err error) {
	scope.Tenant = r.Tenant
	if r.Repository == "" && r.AnyTenant {
		return scope, everything(ctx, r.Reach)
	}
	scope.Repositories, err = s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	return scope, err
}
