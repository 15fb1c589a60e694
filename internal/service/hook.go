package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/webhook"
	"github.com/leatworks/leat/pipeline/catalog"
)

// The effects that the deliveries of a hook may have.
const (
	HookSubmit = "submit" // have repositories and refs indexed
	HookForget = "forget" // remove deleted refs and repositories from the index
	HookRename = "rename" // follow a repository to another name or owner
)

// HookScopes lists everything that the deliveries of a hook may do.
var HookScopes = []string{HookForget, HookRename, HookSubmit}

const (
	// MaxHooks bounds the hooks in one HooksAnswer.
	MaxHooks = 1000
	// DefaultHookOverlap is the time for which the old secret of a hook stays valid after a
	// rotation. Meanwhile the new one has to be entered at the git host.
	DefaultHookOverlap = 24 * time.Hour

	maxAllowed    = 64
	maxHookRefs   = 64
	minHookSecret = 16 // bytes of a secret that a person chose
	maxHookSecret = 1024
)

// Hook is a webhook without its secret.
type Hook struct {
	ID            string     `json:"id" doc:"Part of the hook's address. It cannot be guessed, and is needed to send to the hook."`
	Tenant        string     `json:"tenant"`
	Name          string     `json:"name"`
	Provider      string     `json:"provider" doc:"Kind of git host that sends."`
	Path          string     `json:"path" doc:"Path below the gateway's address to which the git host sends."`
	Allowed       []string   `json:"allowed" doc:"Hosts and owners that a payload may name."`
	Scopes        []string   `json:"scopes" doc:"What deliveries may do: forget, rename, submit."`
	Refs          []string   `json:"refs" doc:"Globs of refs to index when they are pushed, in addition to the default branch and already indexed refs."`
	CreatedAt     time.Time  `json:"created_at"`
	RevokedAt     *time.Time `json:"revoked_at,omitempty" doc:"Absent: it is not revoked."`
	PreviousUntil *time.Time `json:"previous_until,omitempty" doc:"End of the validity of the secret before the last rotation. Absent: it is not valid."`
	Refused       int64      `json:"refused" doc:"Number of deliveries without a valid signature, counted at most once a second."`
	RefusedAt     *time.Time `json:"refused_at,omitempty" doc:"Time of the last of them."`
}

func hookOf(h catalog.Hook) Hook {
	out := Hook{
		ID: h.ID, Tenant: h.Tenant, Name: h.Name, Provider: h.Provider, Path: "/hooks/" + h.Provider + "/" + h.ID,
		Allowed: h.Allowed, Scopes: h.Scopes, Refs: h.Refs, CreatedAt: h.CreatedAt.UTC(), RevokedAt: h.RevokedAt, Refused: h.Refused, RefusedAt: h.RefusedAt,
	}
	if h.PreviousUntil != nil && h.PreviousUntil.After(time.Now()) {
		out.PreviousUntil = h.PreviousUntil
	}
	return out
}

// CreateHookRequest asks for a hook. If its context carries a grant, the hook may not do more than
// that grant.
type CreateHookRequest struct {
	Tenant   string
	Reach    []string // globs of repositories that may be seen; empty: all of the tenant's
	Name     string
	Provider string
	Allowed  []string // [SCHEME://]HOST[/OWNER] that payloads may name; at least one
	Scopes   []string // of HookScopes; empty: all
	Refs     []string // globs of refs to index when they are pushed, such as main, release/* or refs/tags/*
	Secret   string   // secret that the git host has made; "": leat makes one
}

// Check says what is wrong with a request, as far as that is possible without the catalog.
func (r CreateHookRequest) Check() error {
	if _, err := newHook(r); err != nil {
		return err
	}
	_, err := hookSecret(r.Secret)
	return err
}

// CreatedHook is a hook with its secret, which nothing shows again.
type CreatedHook struct {
	Hook
	Secret string `json:"secret" doc:"The secret, to be entered at the git host. It is not shown again."`
}

// CreateHook makes a hook.
func (s *Service) CreateHook(ctx context.Context, r CreateHookRequest) (created CreatedHook, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return created, err
	}
	h, err := newHook(r)
	if err != nil {
		return created, err
	}
	secret, err := hookSecret(r.Secret)
	if err != nil {
		return created, err
	}
	if err := mayManage(ctx, r.Reach, h); err != nil {
		return created, err
	}
	for _, entry := range h.Allowed {
		if !strings.Contains(entry, "://") {
			continue // the entry names a host
		}
		if err := s.checkLocal(ctx, FieldAllowed, entry); err != nil {
			return created, err
		}
	}
	if h.Secret, err = s.sealHook(h.ID, secret); err != nil {
		return created, err
	}
	h, err = s.stores.Catalog.Hooks.Create(ctx, author(ctx), h)
	switch {
	case isNotFound(err):
		return created, noTenant(r.Tenant)
	case errors.Is(err, catalog.ErrHookName):
		return created, &Error{Kind: Refused, Field: FieldName, Value: h.Name, Reason: "another hook has this name: choose another, or revoke that one first"}
	}
	return CreatedHook{hookOf(h), secret}, err
}

// newHook checks a request.
func newHook(r CreateHookRequest) (h catalog.Hook, err error) {
	h = catalog.Hook{ID: rand.Text(), Tenant: r.Tenant, Name: strings.TrimSpace(r.Name), Provider: r.Provider}
	if !isName(h.Name) {
		return h, &Error{Kind: Invalid, Field: FieldName, Reason: fmt.Sprintf("give the hook a name of 1 to %d characters that says who sends to it", maxName)}
	}
	if err := webhook.Provider(r.Provider).Check(); err != nil {
		return h, &Error{Kind: Invalid, Field: FieldProvider, Err: err}
	}
	allowed, err := webhook.ParseAllowed(r.Allowed)
	if err == nil && len(allowed) > maxAllowed {
		err = fmt.Errorf("a hook may allow at most %d hosts and owners, but this one has %d", maxAllowed, len(allowed))
	}
	if err != nil {
		return h, &Error{Kind: Invalid, Field: FieldAllowed, Err: err}
	}
	for _, entry := range allowed {
		h.Allowed = append(h.Allowed, entry.String())
	}
	if h.Scopes, err = checkHookScopes(r.Scopes); err != nil {
		return h, &Error{Kind: Invalid, Field: FieldScope, Err: err}
	}
	if h.Refs, err = checkHookRefs(r.Refs); err != nil {
		return h, &Error{Kind: Invalid, Field: FieldRef, Err: err}
	}
	return h, nil
}

func checkHookScopes(scopes []string) ([]string, error) {
	if len(scopes) == 0 {
		return HookScopes, nil
	}
	for _, scope := range scopes {
		if !slices.Contains(HookScopes, scope) {
			return nil, fmt.Errorf("unknown scope of a hook %.40q; there are %s", scope, strings.Join(HookScopes, ", "))
		}
	}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

func checkHookRefs(globs []string) ([]string, error) {
	if len(globs) > maxHookRefs {
		return nil, fmt.Errorf("a hook may have at most %d globs of refs, but this one has %d", maxHookRefs, len(globs))
	}
	for _, glob := range globs {
		if glob == "" || len(glob) > 256 || !utf8.ValidString(glob) || strings.ContainsFunc(glob, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("%.40q is not a glob of refs: write a name such as main, release/* or refs/tags/v*", glob)
		}
	}
	return globs, nil
}

// hookSecret checks the secret in a request, or makes one of some 260 bits if there is none.
func hookSecret(given string) (string, error) {
	if given == "" {
		return rand.Text() + rand.Text(), nil
	}
	if len(given) < minHookSecret || len(given) > maxHookSecret || strings.ContainsFunc(given, func(r rune) bool { return r < ' ' || r > '~' }) {
		reason := fmt.Sprintf("the secret must have %d to %d printable ASCII characters", minHookSecret, maxHookSecret)
		return "", &Error{Kind: Invalid, Field: FieldSecret, Reason: reason}
	}
	return given, nil
}

// mayManage denies a hook to a caller whose own rights do not include those of the hook's
// deliveries.
func mayManage(ctx context.Context, reach []string, h catalog.Hook) error {
	caller, ok := access.From(ctx)
	if ok && slices.Contains(h.Scopes, HookSubmit) && !caller.Allows(access.ScopeSubmit) {
		return denied("this token lacks the scope submit, which the hook would have")
	}
	if !reachesHook(ctx, reach, h) {
		return denied("a hook must not reach more repositories than this token: the token needs a glob such as github.com/acme/** for each allowed owner")
	}
	return nil
}

// reachesHook says whether a request certainly reaches every repository that a hook may name. For
// each entry, one of the globs must be OWNER/** with the entry's owner, or a wider one.
func reachesHook(ctx context.Context, reach []string, h catalog.Hook) bool {
	caller, _ := access.From(ctx)
	return globsReach(reach, h) && globsReach(caller.Repositories, h)
}

func globsReach(reach []string, h catalog.Hook) bool {
	if len(reach) == 0 {
		return true
	}
	allowed, err := webhook.ParseAllowed(h.Allowed)
	if err != nil {
		return false
	}
	for _, entry := range allowed {
		within := func(glob string) bool {
			above, all := strings.CutSuffix(glob, "/**")
			return all && !strings.Contains(above, "*") && strings.HasPrefix(entry.Name()+"/", above+"/")
		}
		if !slices.ContainsFunc(reach, within) {
			return false
		}
	}
	return true
}

// HooksRequest asks for a tenant's hooks.
type HooksRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	After  string   // id of the hook after which the list continues; "": from the oldest
	Limit  int      // largest number of hooks, 1 to MaxHooks; 0: MaxHooks
}

// HooksAnswer lists hooks, oldest first. It includes revoked ones.
type HooksAnswer struct {
	Hooks []Hook `json:"hooks"`
	Next  string `json:"-"` // the next page is after this hook; "": the list is complete
}

// Hooks lists a tenant's hooks. It leaves out hooks that reach more repositories than the request.
func (s *Service) Hooks(ctx context.Context, r HooksRequest) (a HooksAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxHooks
	}
	if r.Limit < 1 || r.Limit > MaxHooks {
		return a, badLimit(r.Limit, MaxHooks, "hooks")
	}
	var after catalog.Hook
	if r.After != "" {
		if after, err = s.stores.Catalog.Hooks.Find(ctx, r.Tenant, r.After); err != nil {
			return a, noHook(err, r.After)
		}
	}
	list, err := s.stores.Catalog.Hooks.List(ctx, r.Tenant, after, r.Limit+1)
	if err != nil {
		return a, err
	}
	if len(list) > r.Limit {
		list = list[:r.Limit]
		a.Next = list[r.Limit-1].ID
	}
	a.Hooks = []Hook{}
	for _, h := range list {
		if reachesHook(ctx, r.Reach, h) {
			a.Hooks = append(a.Hooks, hookOf(h))
		}
	}
	return a, nil
}

// HookRequest names a hook.
type HookRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	Hook   string   // its id, or the name of one that is not revoked
}

// Hook returns one hook.
func (s *Service) Hook(ctx context.Context, r HookRequest) (h Hook, err error) {
	defer mark(&err)
	found, err := s.hook(ctx, r)
	if err != nil {
		return h, err
	}
	return hookOf(found), nil
}

func (s *Service) hook(ctx context.Context, r HookRequest) (h catalog.Hook, err error) {
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return h, err
	}
	h, err = s.stores.Catalog.Hooks.Find(ctx, r.Tenant, r.Hook)
	if err == nil && !reachesHook(ctx, r.Reach, h) {
		h, err = catalog.Hook{}, catalog.ErrNotFound
	}
	return h, noHook(err, r.Hook)
}

// noHook explains an error that says that there is no such hook.
func noHook(err error, hook string) error {
	if !isNotFound(err) {
		return err
	}
	return &Error{Kind: NotFound, Field: FieldHook, Value: hook, Reason: "no such hook"}
}

// RevokeHook ends a hook. From then on a delivery to it gets the same answer as one to a hook that
// never existed.
func (s *Service) RevokeHook(ctx context.Context, r HookRequest) (h Hook, err error) {
	defer mark(&err)
	found, err := s.hook(ctx, r)
	if err != nil {
		return h, err
	}
	found, err = s.stores.Catalog.Hooks.Revoke(ctx, author(ctx), r.Tenant, found.ID)
	return hookOf(found), err
}

// RotateHookRequest asks for a new secret of a hook.
type RotateHookRequest struct {
	HookRequest
	Secret  string         // secret that the git host has made; "": leat makes one
	Overlap *time.Duration // time for which the old secret stays valid, at most MaxOverlap; nil: DefaultHookOverlap
}

// Check says what is wrong with a request, as far as that is possible without the catalog.
func (r RotateHookRequest) Check() error {
	if overlap := r.overlap(); overlap < 0 || overlap > MaxOverlap {
		return &Error{Kind: Invalid, Field: FieldAge, Value: overlap.String(), Reason: "the overlap may be 0s to " + MaxOverlap.String()}
	}
	_, err := hookSecret(r.Secret)
	return err
}

func (r RotateHookRequest) overlap() time.Duration {
	if r.Overlap == nil {
		return DefaultHookOverlap
	}
	return *r.Overlap
}

// RotateHook gives a hook a new secret. Its address stays the same.
func (s *Service) RotateHook(ctx context.Context, r RotateHookRequest) (created CreatedHook, err error) {
	defer mark(&err)
	if err := r.Check(); err != nil {
		return created, err
	}
	h, err := s.hook(ctx, r.HookRequest)
	if err != nil {
		return created, err
	}
	if err := mayManage(ctx, r.Reach, h); err != nil {
		return created, err
	}
	secret, err := hookSecret(r.Secret)
	if err != nil {
		return created, err
	}
	sealed, err := s.sealHook(h.ID, secret)
	if err != nil {
		return created, err
	}
	h, err = s.stores.Catalog.Hooks.Rotate(ctx, author(ctx), r.Tenant, h.ID, sealed, r.overlap())
	if errors.Is(err, catalog.ErrHookRevoked) {
		return created, &Error{Kind: Refused, Field: FieldHook, Value: h.Name, Reason: "the hook is revoked: create another one"}
	}
	return CreatedHook{hookOf(h), secret}, err
}

// hookPurpose binds a sealed secret to its hook.
func hookPurpose(id string) string { return "hook " + id }

func (s *Service) sealHook(id, secret string) ([]byte, error) {
	sealed, err := s.cfg.Box.Seal([]byte(secret), hookPurpose(id))
	if errors.Is(err, seal.ErrNoKey) {
		return nil, &Error{Kind: Unavailable, Err: err}
	}
	return sealed, err
}

// hookSecrets opens the secrets of a hook that are valid now.
func (s *Service) hookSecrets(h catalog.Hook) ([]string, error) {
	sealed := [][]byte{h.Secret}
	if h.PreviousUntil != nil && h.PreviousUntil.After(time.Now()) {
		sealed = append(sealed, h.Previous)
	}
	var secrets []string
	for _, text := range sealed {
		secret, err := s.cfg.Box.Open(text, hookPurpose(h.ID))
		if err != nil {
			return nil, &Error{Kind: Unavailable, Err: fmt.Errorf("secret of hook %s: %w", h.Name, err)}
		}
		secrets = append(secrets, string(secret))
	}
	return secrets, nil
}
