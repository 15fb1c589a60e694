package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Tags are the rules that keep the tags of repositories as versions.
type Tags struct{ *store }

// TagRule keeps the newest tags of a repository that match a glob as versions.
type TagRule struct {
	Glob string // full names; a star stands for any characters
	Keep int    // how many of the newest, 1 to 1,000
	Days int    // how long each is kept since it was first seen; 0: for ever
	// Searchable is how many of the newest are always searchable. The others sleep; a search that
	// names one wakes it until nobody has searched it for the time unsearched. 0: all kept tags.
	Searchable int
	CreatedAt  time.Time
}

// PutRule makes a rule, or changes it.
func (ts *Tags) PutRule(ctx context.Context, repository uuid.UUID, r TagRule) error {
	err := ts.query.PutTagRule(ctx, query.PutTagRuleParams{
		Repository: repository, Glob: r.Glob, Keep: int32(r.Keep), Days: unlessZero(r.Days), Searchable: unlessZero(r.Searchable),
	})
	if err != nil {
		return fmt.Errorf("put the rule of tags %s of repository %s: %w", r.Glob, repository, err)
	}
	return nil
}

func unlessZero(n int) *int32 {
	if n == 0 {
		return nil
	}
	m := int32(n)
	return &m
}

// Rules lists the rules of a repository by glob.
func (ts *Tags) Rules(ctx context.Context, repository uuid.UUID) ([]TagRule, error) {
	rows, err := ts.query.ListTagRules(ctx, repository)
	if err != nil {
		return nil, fmt.Errorf("list the rules of tags of repository %s: %w", repository, err)
	}
	rules := make([]TagRule, len(rows))
	for i, r := range rows {
		rules[i] = TagRule{r.Glob, int(r.Keep), int(r.Days), int(r.Searchable), r.CreatedAt}
	}
	return rules, nil
}

// DropRule ends a rule. It drops the versions that the rule made, except versions that a
// person keeps. It returns ErrNotFound if there is no such rule.
func (ts *Tags) DropRule(ctx context.Context, repository uuid.UUID, glob string) error {
	err := ts.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockRepository(ctx, repository); noRows(err) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		if n, err := q.DropTagRule(ctx, repository, glob); err != nil || n == 0 {
			return cmp.Or(err, ErrNotFound)
		}
		_, err := dropRuleVersions(ctx, q, repository, glob, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop the rule of tags %s of repository %s: %w", glob, repository, err)
	}
	return nil
}

// unsearched is the time without a search after which a tag that is not one of the newest
// sleeps again.
const unsearched = time.Hour

// Kept lists the changes that a look at a repository's tags has made.
type Kept struct{ Come, Gone []string } // names of versions

// Keep brings the versions of a rule in line with the remote's tags, given by the full names
// that match the rule and can be versions. The newest tags are those that were first seen
// last. Among tags that were seen together, those with the highest numbers in their names
// are the newest. A new tag is submitted. A version that a person keeps is left alone.
func (ts *Tags) Keep(ctx context.Context, tenant, source string, repository uuid.UUID, glob string, refs []string) (k Kept, err error) {
	err = ts.inTx(ctx, func(q *query.Queries) error {
		k = Kept{}
		if _, err := q.LockRepository(ctx, repository); err != nil {
			return ignoreNoRows(err)
		}
		rule, err := q.LockTagRule(ctx, repository, glob)
		if err != nil {
			return ignoreNoRows(err) // it was dropped meanwhile
		}
		if err := q.SeeTags(ctx, repository, glob, orEmpty(refs)); err != nil {
			return err
		}
		seen, err := q.ListSeenTags(ctx, rule.Days, repository, glob)
		if err != nil {
			return err
		}
		wanted := newestTags(seen, int(rule.Keep))
		for _, ref := range wanted {
			come, err := putRuleVersion(ctx, q, tenant, source, repository, glob, ref)
			if err != nil {
				return err
			}
			if come {
				k.Come = append(k.Come, tagName(ref))
			}
		}
		if k.Gone, err = dropRuleVersions(ctx, q, repository, glob, wanted); err != nil || rule.Searchable == 0 {
			return err
		}
		return q.SleepRuleTracks(ctx, query.SleepRuleTracksParams{
			Repository: repository, Rule: glob, Refs: orEmpty(wanted[min(int(rule.Searchable), len(wanted)):]), Come: orEmpty(k.Come), After: unsearched.Seconds(),
		})
	})
	if err != nil {
		return k, fmt.Errorf("keep the tags %s of repository %s: %w", glob, repository, err)
	}
	return k, nil
}

func ignoreNoRows(err error) error {
	if noRows(err) {
		return nil
	}
	return err
}

func tagName(ref string) string { return strings.TrimPrefix(ref, "refs/tags/") }

// newestTags chooses the seen tags that are to be versions. A tag that has left the remote
// keeps its place until others push it out, because the person who deleted it did not ask
// for its lines to be lost.
func newestTags(seen []query.ListSeenTagsRow, keep int) (wanted []string) {
	slices.SortFunc(seen, func(a, b query.ListSeenTagsRow) int {
		return cmp.Or(b.SeenAt.Compare(a.SeenAt), compareVersions(tagName(b.Ref), tagName(a.Ref)), strings.Compare(b.Ref, a.Ref))
	})
	for _, tag := range seen {
		if len(wanted) < keep && !tag.Old {
			wanted = append(wanted, tag.Ref)
		}
	}
	return wanted
}

// compareVersions compares names part by part, and numbers by their values, as people do. A
// name that goes on with a hyphen where the other ends comes first: 1.0-rc1 is before 1.0.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		x, restA := cutPart(a)
		y, restB := cutPart(b)
		n, m := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		switch {
		case isDigit(x[0]) && isDigit(y[0]):
			if c := cmp.Or(cmp.Compare(len(n), len(m)), strings.Compare(n, m)); c != 0 {
				return c
			}
		default:
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
		}
		a, b = restA, restB
	}
	switch {
	case strings.HasPrefix(a, "-"):
		return -1
	case strings.HasPrefix(b, "-"):
		return 1
	}
	return cmp.Compare(len(a), len(b))
}

// cutPart cuts the digits, or one other byte, from the beginning of a name.
func cutPart(name string) (part, rest string) {
	end := 1
	for isDigit(name[0]) && end < len(name) && isDigit(name[end]) {
		end++
	}
	return name[:end], name[end:]
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// putRuleVersion makes a tag a version, and submits it if it was not one yet.
func putRuleVersion(ctx context.Context, q *query.Queries, tenant, source string, repository uuid.UUID, glob, ref string) (come bool, err error) {
	track := events.TrackID(repository, ref)
	// The version needs its track, so whether the track was there is asked before.
	borrowed, err := q.TrackStands(ctx, track)
	if err != nil {
		return false, err
	}
	if err := q.PutTrack(ctx, track, repository, ref); err != nil {
		return false, err
	}
	n, err := q.PutRuleVersion(ctx, query.PutRuleVersionParams{Repository: repository, Name: tagName(ref), Track: track, Rule: glob, Borrowed: borrowed})
	if err != nil || n == 0 {
		return false, err
	}
	if err := q.NameTrack(ctx, track, repository, ref); err != nil {
		return false, err
	}
	return true, q.AskFor(ctx, query.AskForParams{Tenant: tenant, Source: source, Repository: repository, Ref: ref})
}

// dropRuleVersions drops a rule's versions, except those that are wanted, and forgets the
// tracks that existed for them alone.
func dropRuleVersions(ctx context.Context, q *query.Queries, repository uuid.UUID, glob string, wanted []string) (gone []string, err error) {
	rows, err := q.DropRuleVersions(ctx, repository, glob, orEmpty(wanted))
	if err != nil {
		return nil, err
	}
	var forget []string
	for _, r := range rows {
		gone = append(gone, r.Name)
		if r.Forget {
			forget = append(forget, r.Ref, tagName(r.Ref))
		}
	}
	if len(forget) == 0 {
		return gone, nil
	}
	marked, err := q.ForgetTracks(ctx, repository, forget)
	if err != nil {
		return nil, err
	}
	if err := clearTracks(ctx, q, marked); err != nil {
		return nil, err
	}
	return gone, fence(ctx, q, repository, forget)
}
