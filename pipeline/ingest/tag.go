package ingest

import (
	"context"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
)

// tagSource names the ingestor as the publisher of a tag's submission.
const tagSource = "/leat/ingestor/tags"

// keepTags brings the versions that rules make in line with the remote's tags, whenever the
// default branch is looked at. New tags become owed submissions, like any other. If the tags
// cannot be listed, it logs the error: the branch has been read, and the next look makes up
// for it.
func (s *Step) keepTags(ctx context.Context, sub catalog.Submission, remote git.Remote) error {
	if !sub.Head() {
		return nil
	}
	rules, err := s.catalog.Tags.Rules(ctx, sub.Repository)
	if err != nil || len(rules) == 0 {
		return err
	}
	as, err := s.as(ctx, sub.Tenant)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		refs, err := s.mirrors.Tags(as, remote, rule.Glob)
		if err != nil {
			s.log.Warn("the tags of a repository could not be listed; they are looked at again with its default branch", "repository", sub.URL, "tags", rule.Glob, "error", err)
			return ctx.Err()
		}
		// A tag whose name cannot be a version's is left out.
		refs = slices.DeleteFunc(refs, func(ref string) bool { return !catalog.IsVersionName(strings.TrimPrefix(ref, "refs/tags/")) })
		kept, err := s.catalog.Tags.Keep(ctx, sub.Tenant, tagSource, sub.Repository, rule.Glob, refs)
		if err != nil {
			return err
		}
		if len(kept.Come)+len(kept.Gone) > 0 {
			s.log.Info("versions follow tags", "repository", sub.URL, "tags", rule.Glob, "come", len(kept.Come), "gone", len(kept.Gone))
		}
	}
	return nil
}
