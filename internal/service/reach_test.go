package service_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// spanning lists the requests without a Reach: requests about things that all tenants share, which
// no tenant's token may make; a delivery, which has the tenant and the allow-list of its hook; and
// the key of a request that is to be done once, which belongs to the token that sends it.
var spanning = []string{
	"RebuildRequest", "TenantsRequest", "SetSettingRequest", "UnsetSettingRequest", "SettingHistoryRequest", "DeliverRequest", "OnceRequest",
}

// A request without a Reach would show a restricted token everything of its tenant.
func TestEveryRequestNamesWhatItReaches(t *testing.T) {
	methods := reflect.TypeFor[*service.Service]()
	seen := 0
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		for j := 1; j < method.Type.NumIn(); j++ {
			in := method.Type.In(j)
			named := strings.HasSuffix(in.Name(), "Request") || strings.HasSuffix(in.Name(), "Filter")
			if in.Kind() != reflect.Struct || !named || slices.Contains(spanning, in.Name()) {
				continue
			}
			seen++
			tenant, _ := in.FieldByName("Tenant")
			reach, _ := in.FieldByName("Reach")
			if tenant.Type != reflect.TypeFor[string]() || reach.Type != reflect.TypeFor[[]string]() {
				t.Errorf("%s of %s lacks Tenant string or Reach []string", in.Name(), method.Name)
			}
		}
	}
	if seen < 15 {
		t.Errorf("%d requests were found", seen)
	}
}

// neighbours is a tenant with two repositories of the same content and a dead letter of each, and
// the means to ask about the second.
type neighbours struct {
	mill
	mine, theirs *testpipe.Repo
	reach        []string
	letter       int64 // number of the second one's dead letter
	submission   catalog.SubmissionKey
}

func openNeighbours(t *testing.T) *neighbours {
	t.Helper()
	n := &neighbours{mill: open(t), mine: testpipe.NewRepo(t), theirs: testpipe.NewRepo(t)}
	tree := testpipe.Text("a.go", "package mill\n\n// Turn turns the wheel.\nfunc Turn() {}\n", "b.bin", "\x00\x01")
	n.put(t, "acme", n.mine, "refs/heads/main", tree)
	n.put(t, "acme", n.theirs, "refs/heads/main", tree)
	n.reach = []string{n.mine.Dir}
	n.Rows(t, "update documents d set state = 'failed', error = 'broken', due_at = now() where convert_from(path, 'UTF8') = 'a.go'")
	documents := n.Rows(t, "select d.id::text from documents d join tracks k on k.id = d.track join repositories r on r.id = k.repository where r.url = $1 and d.state = 'failed'", n.theirs.Dir)
	id := uuid.MustParse(documents[0])
	if err := n.Catalog.Letters.Bury(t.Context(), catalog.DeadLetter{Worker: "embedder", Tenant: "acme", Document: &id, Reason: "broken", Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	list, err := n.Letters(t.Context(), service.LettersRequest{LetterFilter: service.LetterFilter{Tenant: "acme"}, Limit: 1})
	if err != nil || len(list.Letters) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	n.letter = list.Letters[0].ID
	row := strings.Fields(n.One(t, "select s.source, s.event from submissions s join repositories r on r.id = s.repository where r.url = $1", n.theirs.Dir))
	n.submission = catalog.SubmissionKey{Tenant: "acme", Source: row[0], Event: row[1]}
	return n
}

// No request tells a token that a repository outside its reach exists, no matter whether the door
// names the reach or the context carries the grant.
func TestARequestReachesNoOtherRepository(t *testing.T) {
	n := openNeighbours(t)
	grant := access.With(t.Context(), access.Grant{Tenant: "acme", Token: "t", Scopes: access.Scopes, Repositories: n.reach})
	for name, by := range map[string]struct {
		ctx   context.Context
		reach []string
	}{
		"by the request": {t.Context(), n.reach},
		"by the context": {grant, nil},
		"by both":        {grant, n.reach},
	} {
		t.Run(name, func(t *testing.T) {
			n.lists(t, by.ctx, by.reach)
			n.refuses(t, by.ctx, by.reach)
		})
	}
}

// lists makes all requests that do not take a repository's name.
func (n *neighbours) lists(t *testing.T, ctx context.Context, reach []string) {
	t.Helper()
	var urls []string
	add := func(err error, url ...string) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		urls = append(urls, url...)
	}
	heads, err := n.Tracks(ctx, service.TracksRequest{Tenant: "acme", Reach: reach})
	for _, h := range heads {
		add(err, h.URL)
	}
	status, err := n.Status(ctx, service.StatusRequest{Tenant: "acme", Reach: reach})
	for _, s := range status.Repositories {
		add(err, s.URL)
	}
	failed, err := n.Failed(ctx, service.FailedRequest{Tenant: "acme", Reach: reach})
	for _, f := range failed.Failed {
		add(err, f.Repository)
	}
	found, err := n.Search(ctx, service.SearchRequest{Tenant: "acme", Reach: reach, Query: "turn the wheel"})
	for _, h := range found.Hits {
		add(err, h.Repository)
		for _, p := range h.Places {
			add(err, p.Repository)
		}
	}
	byRef, err := n.Search(ctx, service.SearchRequest{Tenant: "acme", Reach: reach, Query: "turn the wheel", Ref: "main"})
	for _, h := range byRef.Hits {
		add(err, h.Repository)
	}
	usage, err := n.Usage(ctx, service.UsageRequest{Tenant: "acme", Reach: reach, Days: 2})
	for _, u := range usage.Embedders {
		add(err, u.URL)
	}
	if len(heads) != 1 || len(status.Repositories) != 1 || len(failed.Failed) != 1 || len(found.Hits) != 1 || len(byRef.Hits) != 1 {
		t.Errorf("%d tracks, %d states, %d failed, %d and %d hits, want 1 of each", len(heads), len(status.Repositories), len(failed.Failed), len(found.Hits), len(byRef.Hits))
	}
	for _, url := range urls {
		if url != n.mine.Dir {
			t.Errorf("it is told of %s", url)
		}
	}
	if files, err := n.Skipped(ctx, service.SkippedRequest{Tenant: "acme", Reach: reach}); err != nil || len(files.Files) != 1 {
		t.Errorf("skipped: %+v, %v", files, err)
	}
	letters, err := n.Letters(ctx, service.LettersRequest{LetterFilter: service.LetterFilter{Tenant: "acme", Reach: reach}, Limit: 10})
	if err != nil || len(letters.Letters) != 0 {
		t.Errorf("letters: %+v, %v", letters, err)
	}
	all, err := n.Service.Digest(t.Context(), service.ScopeRequest{Tenant: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	if some, err := n.Service.Digest(ctx, service.ScopeRequest{Tenant: "acme", Reach: reach}); err != nil || some.Points == 0 || some.Points >= all.Points {
		t.Errorf("digest: %d points of %d, %v", some.Points, all.Points, err)
	}
}

// refuses asks about the other repository by name. Each error has the same kind and, apart from the
// name, the same text as one about a missing repository.
func (n *neighbours) refuses(t *testing.T, ctx context.Context, reach []string) {
	t.Helper()
	missing := n.theirs.Dir + "-missing"
	for name, ask := range map[string]func(repository string) error{
		"tracks": func(r string) error {
			_, err := n.Tracks(ctx, service.TracksRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"status": func(r string) error {
			_, err := n.Status(ctx, service.StatusRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"failed": func(r string) error {
			_, err := n.Failed(ctx, service.FailedRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"search": func(r string) error {
			_, err := n.Search(ctx, service.SearchRequest{Tenant: "acme", Reach: reach, Query: "turn", Repositories: []string{r}})
			return err
		},
		"read": func(r string) error {
			_, err := n.Read(ctx, service.ReadRequest{Tenant: "acme", Reach: reach, Repository: r, Path: "a.go"})
			return err
		},
		"tree": func(r string) error {
			_, err := n.Tree(ctx, service.TreeRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"skipped": func(r string) error {
			_, err := n.Skipped(ctx, service.SkippedRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"secrets": func(r string) error {
			_, err := n.Secrets(ctx, service.SkippedRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"forget": func(r string) error {
			_, err := n.Forget(ctx, service.ForgetRequest{Tenant: "acme", Reach: reach, Repository: r, Confirmed: true})
			return err
		},
		"approve": func(r string) error {
			_, _, err := n.Approve(ctx, service.ApproveRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"letters": func(r string) error {
			_, err := n.Letters(ctx, service.LettersRequest{LetterFilter: service.LetterFilter{Tenant: "acme", Reach: reach, Repository: r}, Limit: 10})
			return err
		},
		"digest": func(r string) error {
			_, err := n.Service.Digest(ctx, service.ScopeRequest{Tenant: "acme", Reach: reach, Repository: r})
			return err
		},
		"verify": func(r string) error {
			_, err := n.Service.Verify(ctx, service.VerifyRequest{ScopeRequest: service.ScopeRequest{Tenant: "acme", Reach: reach, Repository: r}})
			return err
		},
	} {
		there, absent := ask(n.theirs.Dir), ask(missing)
		wantKind(t, name, there, service.NotFound)
		if there == nil || absent == nil || there.Error() != strings.ReplaceAll(absent.Error(), missing, n.theirs.Dir) {
			t.Errorf("%s: %q, and of one that does not exist %q", name, there, absent)
		}
		id := events.RepositoryID("acme", n.theirs.Dir).String()
		wantKind(t, name+" by the id", ask(id), service.NotFound)
	}
	_, err := n.Letter(ctx, service.LetterRequest{Tenant: "acme", Reach: reach, ID: n.letter})
	wantKind(t, "a letter", err, service.NotFound)
	retried, err := n.RetryLetters(ctx, service.LetterFilter{Tenant: "acme", Reach: reach, IDs: []int64{n.letter}})
	if err != nil || retried.Retried != 0 || len(retried.Refused) != 1 || !retried.Refused[0].Absent {
		t.Errorf("retry: %+v, %v", retried, err)
	}
	dropped, err := n.DropLetters(ctx, service.LetterFilter{Tenant: "acme", Reach: reach})
	if err != nil || dropped.Dropped != 0 {
		t.Errorf("drop: %+v, %v", dropped, err)
	}
	_, err = n.Service.Submit(ctx, service.SubmitRequest{Tenant: "acme", Reach: reach, Repository: n.theirs.Dir})
	wantKind(t, "submit", err, service.Denied)
	n.doesNotFollow(t, ctx, reach)
	_, err = n.Service.Digest(ctx, service.ScopeRequest{Tenant: "acme", Reach: reach, AnyTenant: true})
	wantKind(t, "digest of any tenant", err, service.Denied)
	_, err = n.Letters(ctx, service.LettersRequest{LetterFilter: service.LetterFilter{Tenant: "acme", Reach: reach, AnyTenant: true}, Limit: 1})
	wantKind(t, "letters of any tenant", err, service.Denied)
}

// doesNotFollow expects that a finished submission of the other repository looks like one that no
// worker has accepted yet.
func (n *neighbours) doesNotFollow(t *testing.T, ctx context.Context, reach []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := 0
	r := service.FollowRequest{Tenant: "acme", Reach: reach, Submissions: []catalog.SubmissionKey{n.submission}}
	p, err := n.Follow(ctx, r, func(p service.Progress) {
		if seen++; seen == 3 {
			cancel()
		}
		if p.Done || !p.Listing || len(p.Tracks) != 0 || len(p.Refused) != 0 {
			t.Errorf("it is told %+v", p)
		}
	})
	if !errors.Is(err, context.Canceled) || p.Done {
		t.Errorf("follow: %+v, %v", p, err)
	}
}

// A token of one tenant does nothing for another tenant, and nothing that spans tenants, even if a
// door does not check.
func TestATenantsTokenStaysInItsTenant(t *testing.T) {
	m := open(t)
	ctx := access.With(t.Context(), access.Grant{Tenant: "acme", Token: "t", Scopes: access.Scopes})
	for name, ask := range map[string]func() error{
		"tracks": func() error { _, err := m.Tracks(ctx, service.TracksRequest{Tenant: "other"}); return err },
		"search": func() error { _, err := m.Search(ctx, service.SearchRequest{Tenant: "other", Query: "q"}); return err },
		"submit": func() error {
			_, err := m.Service.Submit(ctx, service.SubmitRequest{Tenant: "other", Repository: "https://a.example/b"})
			return err
		},
		"usage":       func() error { _, err := m.Usage(ctx, service.UsageRequest{Tenant: "other", Days: 1}); return err },
		"tokens":      func() error { _, err := m.Tokens(ctx, service.TokensRequest{Tenant: "other"}); return err },
		"generations": func() error { _, err := m.Generations(ctx); return err },
		"rebuild":     func() error { _, err := m.Rebuild(ctx, service.RebuildRequest{}); return err },
		"roll back":   func() error { _, err := m.RollBack(ctx, 0); return err },
		"cancel":      func() error { _, err := m.CancelRebuild(ctx); return err },
		"sync":        func() error { _, err := m.SyncStatus(ctx); return err },
		"verify all": func() error {
			_, err := m.Service.Verify(ctx, service.VerifyRequest{ScopeRequest: service.ScopeRequest{Tenant: "acme", AnyTenant: true}, Grace: time.Hour})
			return err
		},
		"letters of all": func() error {
			_, err := m.DropLetters(ctx, service.LetterFilter{Tenant: "acme", AnyTenant: true})
			return err
		},
	} {
		wantKind(t, name, ask(), service.Denied)
	}
	whole := access.With(t.Context(), access.Grant{Token: "t", Scopes: access.Scopes})
	if _, err := m.Generations(whole); err != nil {
		t.Errorf("a token of the installation: %v", err)
	}
	if _, err := m.Tracks(whole, service.TracksRequest{Tenant: "other"}); err != nil {
		t.Errorf("a token of the installation, of a tenant: %v", err)
	}
}
