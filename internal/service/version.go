package service

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Version is a commit of a repository that is kept on purpose, under a name. The name can be used
// wherever a ref can.
type Version struct {
	Name      string    `json:"name"`
	Ref       string    `json:"ref" doc:"Full name of the ref that is indexed for it: a tag, or refs/commits/ and the commit."`
	Commit    string    `json:"commit" doc:"Commit in hex; empty: it has not been read yet."`
	Revision  int64     `json:"revision" doc:"Revision of the commit's snapshot; 0: none yet."`
	State     string    `json:"state" doc:"State of the snapshot: listing, indexing or indexed; empty: none yet."`
	CreatedAt time.Time `json:"created_at"`
	Rule      string    `json:"rule,omitempty" doc:"The glob of tags that made it, and will release it; absent: it was pinned."`
}

// VersionsRequest asks for the versions of a repository.
type VersionsRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
}

// VersionsAnswer lists the versions of a repository by name.
type VersionsAnswer struct {
	ID       string    `json:"id" doc:"Id of the repository."`
	URL      string    `json:"repository" doc:"URL of the repository."`
	Versions []Version `json:"versions" nullable:"false"`
}

// PinRequest asks to keep a commit of a repository.
type PinRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Commit     string   // the whole commit in hex; or a tag, an indexed branch, or the beginning of an indexed commit
	Name       string   // name of the version; "": the tag, or 12 digits of the commit
}

// PinAnswer names the version, and the submission that brings it into the index. Pinning a commit
// twice under one name is the same as once.
type PinAnswer struct {
	Version    Version   `json:"version"`
	Submission Submitted `json:"submission"`
}

// UnpinRequest asks to release a version.
type UnpinRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Name       string
}

// Versions lists the versions of a repository.
func (s *Service) Versions(ctx context.Context, r VersionsRequest) (a VersionsAnswer, err error) {
	defer mark(&err)
	heads, err := s.one(ctx, TracksRequest(r))
	if err != nil {
		return a, err
	}
	a = VersionsAnswer{ID: heads[0].Repository.String(), URL: heads[0].URL, Versions: []Version{}}
	list, err := s.stores.Catalog.Versions.List(ctx, heads[0].Repository)
	for _, v := range list {
		a.Versions = append(a.Versions, Version{v.Name, v.Ref, v.Commit, v.Revision, string(v.State), v.CreatedAt.UTC(), v.Rule})
	}
	return a, err
}

// Pin keeps a commit under a name, and submits it. A tag stays at the commit that it has in the
// index. A tag that is not indexed stays at the commit that the remote names when it is first read.
// The commit of a branch gets a ref of its own.
func (s *Service) Pin(ctx context.Context, r PinRequest) (a PinAnswer, err error) {
	defer mark(&err)
	if err := s.need(store.NATS); err != nil {
		return a, err
	}
	heads, err := s.one(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	ref, commit, err := pinned(heads, r.Commit)
	if known := (*Error)(nil); errors.As(err, &known) && known.Kind == NotFound && tagName.MatchString(r.Commit) && !commitStart.MatchString(r.Commit) {
		ref, err = "refs/tags/"+strings.TrimPrefix(r.Commit, "refs/tags/"), nil
	}
	if err != nil {
		return a, err
	}
	if r.Name == "" {
		if r.Name = ShortRef(ref); strings.HasPrefix(ref, commitRefs) {
			r.Name = commit[:12]
		}
	}
	if !catalog.IsVersionName(r.Name) {
		return a, &Error{Kind: Invalid, Field: FieldName, Value: r.Name, Reason: "begin with a letter or digit, and use letters, digits and . _ / + - alone, 128 at most"}
	}
	track := catalog.Track{ID: events.TrackID(heads[0].Repository, ref), Repository: heads[0].Repository, Tenant: r.Tenant, URL: heads[0].URL, Ref: ref}
	err = s.stores.Catalog.Versions.Put(ctx, r.Name, track)
	if errors.Is(err, catalog.ErrVersionExists) {
		return a, &Error{Kind: Refused, Field: FieldName, Value: r.Name, Reason: "another commit has this name: unpin it first, or choose another name", Err: err}
	}
	if err != nil {
		return a, err
	}
	if commit != "" {
		if err := s.stores.Catalog.Versions.Hold(ctx, track.ID, commit); err != nil {
			return a, err
		}
	}
	n, err := s.Submit(ctx, SubmitRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: heads[0].URL, Ref: ref})
	a = PinAnswer{Version{Name: r.Name, Ref: ref, Commit: commit, CreatedAt: time.Now().UTC()}, n.Submitted()}
	return a, err
}

// tagName matches what is taken for a tag that is not indexed: what may name a version too.
var tagName = regexp.MustCompile(`^(refs/tags/)?[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*$`)

// pinned returns the ref under which a commit is indexed as a version.
func pinned(heads []catalog.Head, asked string) (ref, commit string, err error) {
	if commitName.MatchString(asked) {
		return commitRefs + asked, asked, nil
	}
	found := named(heads, asked)
	switch {
	case asked == "":
		return "", "", &Error{Kind: Invalid, Field: FieldCommit, Reason: "name a commit, a tag or a branch"}
	case len(found) == 0 || found[0].Commit == "":
		return "", "", &Error{Kind: NotFound, Field: FieldRef, Value: asked, Reason: "it is not indexed: submit this branch first, or give a tag, or the whole commit in hex"}
	case strings.HasPrefix(found[0].Ref, "refs/tags/"):
		return found[0].Ref, found[0].Commit, nil
	}
	return commitRefs + found[0].Commit, found[0].Commit, nil
}

// Unpin releases a version. A commit that was indexed only for it is forgotten, and so is a tag that
// was never read. Another tag follows the remote again.
func (s *Service) Unpin(ctx context.Context, r UnpinRequest) (err error) {
	defer mark(&err)
	heads, err := s.one(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return err
	}
	track, err := s.stores.Catalog.Versions.Drop(ctx, heads[0].Repository, r.Name)
	if isNotFound(err) {
		return &Error{Kind: NotFound, Field: FieldName, Value: r.Name, Reason: "no such version", Err: err}
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(heads, func(h catalog.Head) bool { return h.ID == track })
	if at < 0 || len(heads[at].Versions) > 1 || heads[at].Commit != "" && !strings.HasPrefix(heads[at].Ref, commitRefs) {
		return nil
	}
	_, err = s.stores.Catalog.Removals.Forget(ctx, heads[at].Repository, submittedAs(heads[at].Ref)...)
	return err
}

// one finds the tracks of the only repository that a request names.
func (s *Service) one(ctx context.Context, r TracksRequest) ([]catalog.Head, error) {
	if r.Repository == "" {
		return nil, noName()
	}
	heads, err := s.Tracks(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if h.Repository != heads[0].Repository {
			return nil, &Error{Kind: Invalid, Field: FieldRepository, Value: r.Repository, Reason: "means " + heads[0].URL + " and " + h.URL + ": name one of them"}
		}
	}
	return heads, nil
}

// named chooses the tracks that a request's ref means: by the ref's name, else by the name of a
// version, else by the beginning of a track's commit.
func named(heads []catalog.Head, ref string) []catalog.Head {
	names := FullRefs(ref)
	choose := func(is func(catalog.Head) bool) []catalog.Head {
		return slices.DeleteFunc(slices.Clone(heads), func(h catalog.Head) bool { return !is(h) })
	}
	if found := choose(func(h catalog.Head) bool { return slices.Contains(names, h.Ref) }); len(found) > 0 {
		return found
	}
	if found := choose(func(h catalog.Head) bool { return slices.Contains(h.Versions, ref) }); len(found) > 0 {
		return found
	}
	if !commitStart.MatchString(ref) {
		return nil
	}
	seen := make(map[uuid.UUID]bool)
	return choose(func(h catalog.Head) bool {
		is := strings.HasPrefix(h.Commit, ref) && !seen[h.Repository] // refs at the same commit are equivalent
		seen[h.Repository] = seen[h.Repository] || is
		return is
	})
}

// commitStart matches the beginning of a commit that answers print.
var commitStart = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// current leaves out the versions if there is another track, because versions are meant only when
// they are named.
func current(heads []catalog.Head) []catalog.Head {
	others := slices.DeleteFunc(slices.Clone(heads), func(h catalog.Head) bool { return len(h.Versions) > 0 || strings.HasPrefix(h.Ref, commitRefs) })
	if len(others) == 0 {
		return heads
	}
	return others
}

func refsOf(heads []catalog.Head) (refs []string) {
	for _, h := range heads {
		refs = append(refs, h.Ref)
	}
	slices.Sort(refs)
	return slices.Compact(refs)
}
