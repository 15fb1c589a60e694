package ingest

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
)

// tagSource names the ingestor as the publisher of a tag's submission.
const tagSource = "/leat/ingestor/tags"

// versionName is what a version may be called. Tags of other names are left out.
var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/+-]{0,127}$`)

// keepTags brings the versions that rules make in line with the remote's tags, at each look
// at the default branch. The tags that come are owed submissions, like any other. A listing
// that fails is logged: the next look makes good for it, and the branch has been read.
func (s *Step) keepTags(ctx context.Context, sub catalog.Submission, remote git.Remote) error {
	if !sub.Head() {
		return nil
	}
	rules, err := s.catalog.TagRules(ctx, sub.Repository)
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
		refs = slices.DeleteFunc(refs, func(ref string) bool { return !versionName.MatchString(strings.TrimPrefix(ref, "refs/tags/")) })
		kept, err := s.catalog.KeepTags(ctx, sub.Tenant, tagSource, sub.Repository, rule.Glob, refs)
		if err != nil {
			return err
		}
		if len(kept.Come)+len(kept.Gone) > 0 {
			s.log.Info("versions follow tags", "repository", sub.URL, "tags", rule.Glob, "come", len(kept.Come), "gone", len(kept.Gone))
		}
	}
	return nil
}
