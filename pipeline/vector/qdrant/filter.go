package qdrant

import (
	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

// plan is a filter in two parts: the conditions that Qdrant evaluates, and the checks that its answers still need.
type plan struct {
	vector.Plan
	filter *qdrant.Filter // nil stands for all points
}

func (p plan) match(payload stored) bool {
	return !p.Partial() || p.Match(payload.text(fieldPath))
}

func newPlan(f vector.Filter) (plan, error) {
	rest, err := f.Plan()
	if err != nil {
		return plan{}, err
	}
	must := []*qdrant.Condition{qdrant.NewMatchKeyword(fieldTenant, f.Tenant)}
	for _, list := range []struct {
		field string
		ids   []uuid.UUID
	}{{fieldRepository, f.Repositories}, {fieldTrack, f.Tracks}, {fieldDocument, f.Documents}} {
		if len(list.ids) > 0 {
			must = append(must, matchIDs(list.field, list.ids))
		}
	}
	for _, list := range []struct {
		field string
		words []string
	}{{fieldRef, f.Refs}, {fieldLanguage, f.Languages}, {fieldKind, f.Kinds}} {
		if len(list.words) > 0 {
			must = append(must, qdrant.NewMatchKeywords(list.field, list.words...))
		}
	}
	if len(rest.Names) > 0 {
		must = append(must, qdrant.NewFilterAsCondition(&qdrant.Filter{Should: []*qdrant.Condition{
			qdrant.NewMatchKeywords(fieldNames, rest.Names...), qdrant.NewMatchKeywords(fieldSymbol, rest.Names...),
		}}))
	}
	var should []*qdrant.Condition // one of these must hold
	if len(rest.Paths) > 0 {
		should = append(should, qdrant.NewMatchKeywords(fieldPath, rest.Paths...))
	}
	if len(rest.Dirs) > 0 {
		should = append(should, qdrant.NewMatchKeywords(fieldDirs, rest.Dirs...))
	}
	var not []*qdrant.Condition
	if len(f.Apart) > 0 {
		not = append(not, matchIDs(fieldTrack, f.Apart))
	}
	return plan{rest, &qdrant.Filter{Must: must, Should: should, MustNot: not}}, nil
}

func matchIDs(field string, ids []uuid.UUID) *qdrant.Condition {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	return qdrant.NewMatchKeywords(field, words...)
}

func inRepositories(ids []uuid.UUID) *qdrant.Filter {
	if len(ids) == 0 {
		return nil
	}
	return &qdrant.Filter{Must: []*qdrant.Condition{matchIDs(fieldRepository, ids)}}
}
