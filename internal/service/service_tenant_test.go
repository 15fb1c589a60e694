package service_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Law 11: a tenant sees its own. The owner and another tenant call each method. The owner's answer
// must hold the owner's mark. The other's must not, whatever name of the owner's the other gives.
func TestNoAnswerHoldsAnotherTenants(t *testing.T) {
	const mark = "quagmire"
	m := open(t)
	repo, other := testpipe.NewRepo(t), testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		mark+".go", "package "+mark+"\n\nfunc "+mark+"() {}\n", mark+".bin", "\x00\x01", mark+".env", "password = \"hT7kQ9zLm2Xw4Rb8Vn1c\"\n"))
	m.put(t, "other", other, "refs/heads/main", testpipe.Text("a.go", "package a\n\nfunc a() {}\n"))
	for _, statement := range []string{
		"update documents set state = 'failed', error = '" + mark + "', due_at = 'infinity' where path = '" + mark + ".env'",
		"insert into approvals (track, commit, removes, documents) select id, decode(repeat('ab', 20), 'hex'), 7, 9 from tracks where repository = '" +
			events.RepositoryID("acme", repo.Dir).String() + "'",
	} {
		m.Rows(t, statement)
	}
	err := m.Catalog.Letters.Bury(t.Context(), catalog.DeadLetter{
		Worker: "indexer", Tenant: "acme", Subject: "leat.x", Headers: map[string]string{"a": mark}, Payload: []byte(mark), Reason: mark,
	})
	if err != nil {
		t.Fatal(err)
	}
	used := []catalog.Consumption{{Tenant: "acme", Repository: events.RepositoryID("acme", repo.Dir), Texts: 1}}
	if err := m.Catalog.Usage.Add(t.Context(), m.Stores.Generation.Embedder.ID, used); err != nil {
		t.Fatal(err)
	}
	// These texts name the owner's repository without showing the owner's mark.
	owned := strings.Join([]string{mark, repo.Dir, events.RepositoryID("acme", repo.Dir).String()}, "|")

	methods := []struct {
		name string
		ask  func(ctx context.Context, tenant, repository string) (any, error)
	}{
		{"Search", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Search(ctx, service.SearchRequest{Tenant: tenant, Repositories: only(repository), Query: mark})
		}},
		{"Read", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Read(ctx, service.ReadRequest{Tenant: tenant, Repository: repository, Path: mark + ".go"})
		}},
		{"File", func(ctx context.Context, tenant, repository string) (any, error) {
			a, err := m.File(ctx, service.FileRequest{Tenant: tenant, Repository: repository, Path: mark + ".go"})
			return fmt.Sprintf("%+v %s", a, a.Text), err
		}},
		{"Secrets", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Secrets(ctx, service.SkippedRequest{Tenant: tenant, Repository: repository})
		}},
		{"Usage", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Usage(ctx, service.UsageRequest{Tenant: tenant, Days: 1})
		}},
		{"PreviewLetters", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.PreviewLetters(ctx, service.LetterFilter{Tenant: tenant})
		}},
		{"Tree", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Tree(ctx, service.TreeRequest{Tenant: tenant, Repository: repository})
		}},
		{"Tracks", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Tracks(ctx, service.TracksRequest{Tenant: tenant, Repository: repository})
		}},
		{"Status", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Status(ctx, service.StatusRequest{Tenant: tenant, Repository: repository})
		}},
		{"Failed", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Failed(ctx, service.FailedRequest{Tenant: tenant, Repository: repository})
		}},
		{"Skipped", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Skipped(ctx, service.SkippedRequest{Tenant: tenant, Repository: repository})
		}},
		{"Letters", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Letters(ctx, service.LettersRequest{LetterFilter: service.LetterFilter{Tenant: tenant}, Limit: 10})
		}},
		{"Letter", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Letter(ctx, service.LetterRequest{Tenant: tenant, ID: 1})
		}},
		{"Forget, unconfirmed", func(ctx context.Context, tenant, repository string) (any, error) {
			return m.Forget(ctx, service.ForgetRequest{Tenant: tenant, Repository: repository})
		}},
		{"Verify", func(ctx context.Context, tenant, repository string) (any, error) {
			var found []string
			m.Rows(t, "update documents set indexed_revision = null, state = 'embedded', due_at = 'infinity' where path = '"+mark+".go' and state = 'indexed'")
			_, err := m.Service.Verify(ctx, service.VerifyRequest{
				ScopeRequest: service.ScopeRequest{Tenant: tenant, Repository: repository},
				Found:        func(kind, what string) { found = append(found, kind+" "+what) },
			})
			return found, err
		}},
		{"Approve", func(ctx context.Context, tenant, repository string) (any, error) {
			a, found, err := m.Approve(ctx, service.ApproveRequest{Tenant: tenant, Repository: repository})
			return fmt.Sprint(a, a.URL, found), err
		}},
	}
	for _, method := range methods {
		for _, repository := range []string{"", repo.Dir} {
			answer, err := method.ask(t.Context(), "other", repository)
			// Repeating the name in the request tells nothing.
			text := strings.ReplaceAll(fmt.Sprintf("%+v %v", answer, err), fmt.Sprintf("%q", repository), "")
			if holds(text, owned) {
				t.Errorf("%s of repository %q tells another tenant: %s", method.name, repository, text)
			}
			if repository != "" && err != nil && !errors.Is(err, service.NotFound) && !errors.Is(err, service.Invalid) {
				t.Errorf("%s of another's repository: %v", method.name, err)
			}
		}
		answer, err := method.ask(t.Context(), "acme", repo.Dir)
		if text := fmt.Sprintf("%+v", answer); err != nil || method.name != "Verify" && !holds(text, owned) {
			t.Errorf("%s does not tell the owner either: %s (%v)", method.name, text, err)
		}
	}
}

// only is a search's restriction to a repository; "" is none.
func only(repository string) []string {
	if repository == "" {
		return nil
	}
	return []string{repository}
}

func holds(text, words string) bool {
	for word := range strings.SplitSeq(words, "|") {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// Requests of another tenant change nothing of the owner's.
func TestNoTenantChangesAnothers(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "water\n"))
	err := m.Catalog.Letters.Bury(t.Context(), catalog.DeadLetter{Worker: "indexer", Tenant: "acme", Subject: "leat.x", Payload: []byte("x"), Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Forget(t.Context(), service.ForgetRequest{Tenant: "other", Repository: repo.Dir, Confirmed: true}); !errors.Is(err, service.NotFound) {
		t.Errorf("Forget: %v", err)
	}
	for _, ids := range [][]int64{nil, {1}} {
		filter := service.LetterFilter{Tenant: "other", IDs: ids}
		if did, err := m.RetryLetters(t.Context(), filter); err != nil || did.Retried+did.Obsolete != 0 || len(did.Refused) != len(ids) {
			t.Errorf("RetryLetters of %v: %+v (%v)", ids, did, err)
		}
		if did, err := m.DropLetters(t.Context(), filter); err != nil || did.Dropped != 0 || len(did.Refused) != len(ids) {
			t.Errorf("DropLetters of %v: %+v (%v)", ids, did, err)
		}
	}
	theirs := []catalog.SubmissionKey{{Tenant: "acme", Source: "/test", Event: "1"}}
	_, err = m.Follow(t.Context(), service.FollowRequest{Tenant: "other", Submissions: theirs}, func(service.Progress) {})
	if !errors.Is(err, service.NotFound) {
		t.Errorf("Follow: %v", err)
	}
	if kept := m.One(t, "select count(*) from dead_letters") + m.One(t, "select count(*) from tracks where forgotten_at is null"); kept != "11" {
		t.Errorf("letters and tracks: %s, want one of each", kept)
	}
	own, err := m.DropLetters(t.Context(), service.LetterFilter{Tenant: "acme"})
	if err != nil || own.Dropped != 1 {
		t.Errorf("the owner drops %+v (%v)", own, err)
	}
	// A digest covers only the tenant's points, of which there are none here.
	all, err := m.Service.Digest(t.Context(), service.ScopeRequest{Tenant: "other", AnyTenant: true})
	if err != nil || all.Points == 0 {
		t.Errorf("the whole index: %+v (%v)", all, err)
	}
	none, err := m.Service.Digest(t.Context(), service.ScopeRequest{Tenant: "other"})
	if err != nil || none.Points != 0 {
		t.Errorf("what a tenant without points has: %+v (%v)", none, err)
	}
}
