package service

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// TagRule keeps the newest tags of a repository as versions.
type TagRule struct {
	Tags string `json:"tags" doc:"Full names of tags; a star stands for any characters."`
	Keep int    `json:"keep" doc:"How many of the newest tags are kept."`
	Days int    `json:"days,omitempty" doc:"How many days each tag is kept after it was first seen; absent: no limit by age."`

	Searchable int `json:"searchable,omitempty" doc:"How many of the newest are searchable at once; the others can be read, and sleep until a search names them. Absent: all kept tags."`

	CreatedAt time.Time `json:"created_at"`
}

// TagRulesRequest asks for the rules of a repository.
type TagRulesRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
}

// TagRulesAnswer lists the rules of a repository.
type TagRulesAnswer struct {
	ID    string    `json:"id" doc:"Id of the repository."`
	URL   string    `json:"repository" doc:"URL of the repository."`
	Rules []TagRule `json:"rules" nullable:"false"`
}

// TrackTagsRequest asks to keep the newest tags of a repository.
type TrackTagsRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Tags       string   // glob of tags: v*, or refs/tags/v*
	Keep       int      // 1 to MostTags; 0: DefaultTags
	Days       int      // how many days each tag is kept; 0: no limit by age
	Searchable int      // how many of the newest do not sleep, 1 to MostTags; 0: all kept tags
}

// TrackTagsAnswer names the rule, and the submission that makes leat look at the tags.
type TrackTagsAnswer struct {
	Rule       TagRule   `json:"rule"`
	Submission Submitted `json:"submission"`
}

// UntrackTagsRequest asks to end a rule.
type UntrackTagsRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Tags       string   // glob of the rule
}

// The number of tags that a rule keeps.
const (
	DefaultTags = 10
	MostTags    = 1000
	mostDays    = 36_500
)

// tagGlob matches a glob of full names of tags.
var tagGlob = regexp.MustCompile(`^refs/tags/[^\x00-\x20\x7f~^:?\[\\]{1,240}$`)

func fullTags(glob string) string {
	if strings.HasPrefix(glob, "refs/") {
		return glob
	}
	return "refs/tags/" + glob
}

// TagRules lists the rules by which tags of a repository are kept.
func (s *Service) TagRules(ctx context.Context, r TagRulesRequest) (a TagRulesAnswer, err error) {
	defer mark(&err)
	heads, err := s.one(ctx, TracksRequest(r))
	if err != nil {
		return a, err
	}
	a = TagRulesAnswer{ID: heads[0].Repository.String(), URL: heads[0].URL, Rules: []TagRule{}}
	rules, err := s.stores.Catalog.Tags.Rules(ctx, heads[0].Repository)
	for _, rule := range rules {
		a.Rules = append(a.Rules, tagRule(rule))
	}
	return a, err
}

func tagRule(r catalog.TagRule) TagRule {
	return TagRule{Tags: r.Glob, Keep: r.Keep, Days: r.Days, Searchable: r.Searchable, CreatedAt: r.CreatedAt.UTC()}
}

// TrackTags keeps the newest tags that match a glob as versions, now and whenever leat looks at the
// repository's default branch. It changes an existing rule for the same glob.
func (s *Service) TrackTags(ctx context.Context, r TrackTagsRequest) (a TrackTagsAnswer, err error) {
	defer mark(&err)
	if err := s.need(store.NATS); err != nil {
		return a, err
	}
	heads, err := s.one(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	rule := catalog.TagRule{Glob: fullTags(r.Tags), Keep: r.Keep, Days: r.Days, Searchable: r.Searchable, CreatedAt: time.Now()}
	if rule.Keep == 0 {
		rule.Keep = DefaultTags
	}
	switch {
	case !tagGlob.MatchString(rule.Glob):
		return a, &Error{Kind: Invalid, Field: FieldRef, Value: r.Tags, Reason: "give a glob of tags, such as v*, without blanks and without ~ ^ : ? [ \\"}
	case rule.Keep < 1 || rule.Keep > MostTags:
		return a, badLimit(rule.Keep, MostTags, "tags")
	case rule.Days < 0 || rule.Days > mostDays:
		return a, badLimit(rule.Days, mostDays, "days")
	case rule.Searchable < 0 || rule.Searchable > MostTags:
		return a, badLimit(rule.Searchable, MostTags, "searchable tags")
	}
	if err := s.stores.Catalog.Tags.PutRule(ctx, heads[0].Repository, rule); err != nil {
		return a, err
	}
	n, err := s.Submit(ctx, SubmitRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: heads[0].URL})
	return TrackTagsAnswer{tagRule(rule), n.Submitted()}, err
}

// UntrackTags ends a rule. The versions that it made leave the index, unless they are pinned.
func (s *Service) UntrackTags(ctx context.Context, r UntrackTagsRequest) (err error) {
	defer mark(&err)
	heads, err := s.one(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return err
	}
	err = s.stores.Catalog.Tags.DropRule(ctx, heads[0].Repository, fullTags(r.Tags))
	if isNotFound(err) {
		return &Error{Kind: NotFound, Field: FieldRef, Value: r.Tags, Reason: "no rule has this glob", Err: err}
	}
	return err
}
