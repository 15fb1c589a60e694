package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/leatworks/leat/internal/glob"
	"github.com/leatworks/leat/internal/webhook"
	"github.com/leatworks/leat/pipeline/catalog"
)

// act carries out a delivery, effect by effect. The first error of a store ends it. Carrying out an
// effect twice is the same as once.
func (s *Service) act(ctx context.Context, h catalog.Hook, row catalog.Delivery, effects []webhook.Effect) (became []Became, err error) {
	allowed, err := webhook.ParseAllowed(h.Allowed)
	if err != nil {
		return []Became{}, err
	}
	became = make([]Became, 0, len(effects))
	for i, e := range effects {
		a := action{Service: s, hook: h, allowed: allowed, effect: e, key: deliveryKey(h, row, i)}
		b, err := a.do(ctx)
		b.Kind = string(e.Kind)
		if err != nil {
			b.Did, b.Reason = didFail, "a store did not answer"
			return append(became, b), err
		}
		became = append(became, b)
	}
	return became, nil
}

// deliveryKey returns the id of the event that follows from an effect of a delivery. It is also its
// Nats-Msg-Id. It begins with the tenant and the hook, because all tenants share the ids of a
// stream.
func deliveryKey(h catalog.Hook, row catalog.Delivery, effect int) string {
	key := h.Tenant + ":" + h.Name + ":" + row.Delivery
	if effect > 0 {
		key += fmt.Sprintf("#%d", effect)
	}
	if row.Replays > 0 {
		key += fmt.Sprintf("/replay-%d", row.Replays)
	}
	return key
}

// hookSource names a hook as the publisher of its events, without the secret part of its address.
func hookSource(h catalog.Hook) string { return "/leat/hooks/" + h.Provider }

// action is one effect that is being carried out.
type action struct {
	*Service
	hook    catalog.Hook
	allowed webhook.Allowed
	effect  webhook.Effect
	key     string
}

func (a action) do(ctx context.Context) (b Became, err error) {
	e := a.effect
	switch e.Kind {
	case webhook.Pinged:
		return Became{Did: didIgnore, Reason: "the git host tries the hook out"}, nil
	case webhook.Ignored:
		return Became{Did: didIgnore, Reason: e.Reason}, nil
	}
	b = Became{Repository: e.Repository.String(), Ref: e.Ref}
	if len(e.Repository) == 0 {
		b.Did, b.Reason = didRefuse, "the payload names no repository"
		return b, nil
	}
	url, ok := a.allowed.URL(e.Repository)
	if !ok {
		b.Did, b.Reason = didRefuse, fmt.Sprintf("the hook may not name %s: it is not in its list of allowed hosts and owners", e.Repository)
		return b, nil
	}
	b.Repository = url
	switch e.Kind {
	case webhook.Pushed, webhook.DefaultChanged:
		return a.pushed(ctx, b)
	case webhook.RefDeleted:
		return a.refDeleted(ctx, b)
	case webhook.RepositoryDeleted:
		return a.deleted(ctx, b)
	case webhook.RepositoryRenamed:
		return a.renamed(ctx, b)
	}
	return b.ignored("leat does nothing about %s", e.Kind), nil
}

func (b Became) ignored(format string, args ...any) Became {
	b.Did, b.Reason = didIgnore, fmt.Sprintf(format, args...)
	return b
}

// may says whether the hook has a scope.
func (a action) may(scope string) bool { return slices.Contains(a.hook.Scopes, scope) }

// known returns the refs of the repository at a URL, whichever form of the URL is indexed.
func (a action) known(ctx context.Context, url string) ([]catalog.Followed, error) {
	place, err := a.stores.Catalog.Names.Locate(ctx, a.hook.Tenant, url)
	if err != nil {
		return nil, err
	}
	return a.stores.Catalog.Followed(ctx, a.hook.Tenant, place.Repository)
}

// submit publishes a submission of the repository at a ref.
func (a action) submit(ctx context.Context, b Became, known []catalog.Followed, ref string) (Became, error) {
	url := b.Repository
	if len(known) > 0 {
		url = known[0].URL
	}
	n, err := NewSubmission(hookSource(a.hook), SubmitRequest{Tenant: a.hook.Tenant, Repository: url, Ref: ref})
	if err != nil {
		b.Did, b.Reason = didRefuse, err.Error()
		return b, nil
	}
	n.Key.Event = a.key
	if err := a.Publish(ctx, n); err != nil {
		return b, err
	}
	b.Did, b.Event = didSubmit, n.Key.Event
	return b, nil
}

// pushed submits a followed ref. It submits the default branch without its name, so that leat
// follows it when another branch becomes the default.
func (a action) pushed(ctx context.Context, b Became) (Became, error) {
	if !a.may(HookSubmit) {
		return b.ignored("the hook may not submit"), nil
	}
	known, err := a.known(ctx, b.Repository)
	if err != nil {
		return b, err
	}
	ref, why, err := a.refOf(ctx, known)
	if err != nil {
		return b, err
	}
	if why != "" {
		return b.ignored("%s", why), nil
	}
	return a.submit(ctx, b, known, ref)
}

// refOf chooses the ref to submit. "" is the default branch. If no ref is to be submitted, it gives
// the reason.
func (a action) refOf(ctx context.Context, known []catalog.Followed) (ref, why string, err error) {
	e := a.effect
	if e.Ref == "" || e.Ref == e.Default || e.Kind == webhook.DefaultChanged {
		return "", "", nil
	}
	for _, f := range known {
		if f.Ref == e.Ref && f.Head {
			return "", "", nil
		}
		if f.Ref == e.Ref {
			return e.Ref, "", nil
		}
	}
	if len(known) > 0 { // a submission of the default branch looks at the tags too
		rules, err := a.stores.Catalog.Tags.Rules(ctx, known[0].Repository)
		if err != nil || slices.ContainsFunc(rules, func(r catalog.TagRule) bool { return glob.Stars(r.Glob, e.Ref) }) {
			return "", "", err
		}
	}
	if slices.ContainsFunc(a.hook.Refs, func(pattern string) bool { return matchesRef(pattern, e.Ref) }) {
		return e.Ref, "", nil
	}
	if e.Default == "" && len(known) == 0 { // the ref may be the default branch
		return "", "", nil
	}
	return "", fmt.Sprintf("%s is not indexed: submit it once, or give the hook a glob of refs that matches it", ShortRef(e.Ref)), nil
}

// matchesRef matches the full or the short name of a ref. A star stands for any characters.
func matchesRef(pattern, ref string) bool {
	return glob.Stars(pattern, ref) || glob.Stars(pattern, ShortRef(ref))
}

// refDeleted reports the deletion of a followed ref and submits the ref. The remote decides, since
// the report may be late.
func (a action) refDeleted(ctx context.Context, b Became) (Became, error) {
	if !a.may(HookForget) {
		return b.ignored("the hook may not forget"), nil
	}
	known, err := a.known(ctx, b.Repository)
	if err != nil {
		return b, err
	}
	at := slices.IndexFunc(known, func(f catalog.Followed) bool { return f.Ref == a.effect.Ref })
	if at < 0 {
		return b.ignored("%s is not indexed", ShortRef(a.effect.Ref)), nil
	}
	if known[at].Head && !known[at].Named {
		return a.submit(ctx, b, known, "") // the deleted branch was the default; the new default takes its place
	}
	reported, err := a.stores.Catalog.ReportGone(ctx, known[at].Repository, a.effect.Ref)
	if err != nil {
		return b, err
	}
	if len(reported) == 0 {
		return b.ignored("the deletion of %s was reported just before", ShortRef(a.effect.Ref)), nil
	}
	return a.submit(ctx, b, known[at:at+1], a.effect.Ref)
}

// deleted forgets a repository.
func (a action) deleted(ctx context.Context, b Became) (Became, error) {
	if !a.may(HookForget) {
		return b.ignored("the hook may not forget"), nil
	}
	known, err := a.known(ctx, b.Repository)
	if err != nil {
		return b, err
	}
	if len(known) == 0 {
		return b.ignored("the repository is not indexed"), nil
	}
	return a.forget(ctx, b, known)
}

func (a action) forget(ctx context.Context, b Became, known []catalog.Followed) (Became, error) {
	for i, f := range known {
		if i > 0 && known[i-1].Repository == f.Repository {
			continue
		}
		if _, err := a.stores.Catalog.Removals.Forget(ctx, f.Repository); err != nil && !isNotFound(err) {
			return b, err
		}
	}
	b.Did = didForget
	return b, nil
}
