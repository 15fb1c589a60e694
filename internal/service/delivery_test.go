package service_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/webhook"
	"github.com/leatworks/leat/pipeline/broker"
)

// request makes a delivery to a hook of provider generic. An id of "" is left out.
func request(h service.Hook, secret, id, body string) service.DeliverRequest {
	r := service.DeliverRequest{Provider: h.Provider, Hook: h.ID, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	if secret != "" {
		r.Header.Set("X-Leat-Signature", webhook.Sign(secret, r.Body))
	}
	if id != "" {
		r.Header.Set("X-Leat-Delivery", id)
	}
	return r
}

func (m mill) deliver(t *testing.T, h service.Hook, secret, body string) (service.DeliverAnswer, error) {
	t.Helper()
	return m.Service.Deliver(t.Context(), request(h, secret, "", body))
}

// said delivers a body, and expects one effect with this outcome.
func (m mill) said(t *testing.T, h service.CreatedHook, did, body string) service.Became {
	t.Helper()
	a, err := m.deliver(t, h.Hook, h.Secret, body)
	if err != nil || len(a.Became) != 1 || a.Became[0].Did != did {
		t.Fatalf("%s became %+v, %v, want %s", body, a, err, did)
	}
	return a.Became[0]
}

// local makes a hook for the repositories in the directory of repo.
func (m mill) local(t *testing.T, repo *testpipe.Repo, refs ...string) service.CreatedHook {
	t.Helper()
	return m.hook(t, service.CreateHookRequest{Allowed: []string{"file://" + filepath.Dir(repo.Dir)}, Refs: refs})
}

// tend lets the syncer forget everything that is marked.
func (m mill) tend(t *testing.T) {
	t.Helper()
	m.Settle(t)
	for range 4 {
		if err := m.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Settle(t)
	}
}

// refs lists the refs of the default tenant with their indexed documents.
func (m mill) refs(t *testing.T) string {
	t.Helper()
	list, err := m.Catalog.Tracks(t.Context(), events.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, track := range list {
		refs = append(refs, fmt.Sprintf("%s:%d", service.ShortRef(track.Ref), track.Documents.Indexed))
	}
	return strings.Join(refs, " ")
}

// An unknown hook, a revoked one, one of another provider, and a missing or wrong signature get the
// same answer, and leave no delivery.
func TestDeliveriesAreAuthenticated(t *testing.T) {
	m := openHooks(t)
	h, revoked := m.hook(t, service.CreateHookRequest{}), m.hook(t, service.CreateHookRequest{Name: "revoked"})
	if _, err := m.RevokeHook(t.Context(), service.HookRequest{Tenant: "default", Hook: "revoked"}); err != nil {
		t.Fatal(err)
	}
	body := `{"event":"ping"}`
	other := h.Hook
	other.Provider = "github"
	unknown := h.Hook
	unknown.ID = strings.Repeat("A", 26)
	long := h.Hook
	long.ID = strings.Repeat("A", 1<<16)
	var texts []string
	for what, r := range map[string]service.DeliverRequest{
		"an unknown hook": request(unknown, h.Secret, "1", body), "a long id": request(long, h.Secret, "1", body),
		"a revoked hook": request(revoked.Hook, revoked.Secret, "1", body), "another provider": request(other, h.Secret, "1", body),
		"no signature": request(h.Hook, "", "1", body), "a wrong signature": request(h.Hook, "wrong", "1", body),
	} {
		_, err := m.Service.Deliver(t.Context(), r)
		wantKind(t, what, err, service.Unauthenticated)
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("%q and %q differ", text, texts[0])
		}
	}
	if n := m.One(t, "select count(*) from deliveries"); n != "0" {
		t.Errorf("%s deliveries", n)
	}
	if shown, err := m.Hook(t.Context(), service.HookRequest{Tenant: "default", Hook: "forge"}); err != nil || shown.Refused < 1 || shown.RefusedAt == nil {
		t.Errorf("the hook counts %d refused deliveries: %v", shown.Refused, err)
	}
	keyless := service.New(service.Config{}, m.Stores.Stores)
	_, err := keyless.Deliver(t.Context(), request(h.Hook, h.Secret, "1", body))
	wantKind(t, "without a key", err, service.Unavailable)
}

// Pushes, new refs and deleted refs have their effects in any order.
func TestDeliveriesHaveEffects(t *testing.T) {
	m := openHooks(t)
	repo := testpipe.NewRepo(t)
	h := m.local(t, repo, "release/*")
	push := func(ref string) string { return fmt.Sprintf(`{"url":%q,"ref":%q}`, repo.Dir, ref) }
	gone := func(ref string) string { return fmt.Sprintf(`{"event":"delete","url":%q,"ref":%q}`, repo.Dir, ref) }
	repo.Commit(t, testpipe.Text("a.txt", "water\n"))
	repo.CommitTo(t, "refs/heads/topic", testpipe.Text("b.txt", "b\n"))
	repo.CommitTo(t, "refs/heads/release/1", testpipe.Text("c.txt", "c\n", "d.txt", "d\n"))

	m.said(t, h, "submitted", push("topic")) // the repository is new, and topic may be its default branch
	m.Settle(t)
	if got := m.refs(t); got != "main:1" {
		t.Fatalf("refs: %s", got)
	}
	m.said(t, h, "ignored", push("topic"))
	m.said(t, h, "submitted", push("release/1"))
	m.Settle(t)
	repo.Commit(t, testpipe.Text("a.txt", "water\n", "e.txt", "e\n"))
	m.said(t, h, "submitted", push("refs/heads/main"))
	m.Settle(t)
	if got := m.refs(t); got != "main:2 release/1:2" {
		t.Fatalf("refs: %s", got)
	}

	m.said(t, h, "ignored", gone("topic"))
	m.said(t, h, "submitted", gone("release/1")) // a late report: the branch exists again
	m.tend(t)
	if got := m.refs(t); got != "main:2 release/1:2" {
		t.Fatalf("refs after a late deletion: %s", got)
	}
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/heads/release/1")
	m.said(t, h, "submitted", gone("release/1"))
	m.said(t, h, "ignored", gone("release/1"))
	m.tend(t)
	if got := m.refs(t); got != "main:2" {
		t.Fatalf("refs after the deletion: %s", got)
	}

	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "refs/heads/trunk", "refs/heads/main")
	repo.Git(t, nil, "-C", repo.Dir, "symbolic-ref", "HEAD", "refs/heads/trunk")
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/heads/main")
	m.said(t, h, "submitted", gone("main")) // the default branch has another name
	m.tend(t)
	if got := m.refs(t); got != "trunk:2" {
		t.Fatalf("refs after the renaming: %s", got)
	}
	m.said(t, h, "forgotten", fmt.Sprintf(`{"event":"repository_delete","url":%q}`, repo.Dir))
	m.tend(t)
	if got := m.refs(t); got != "" {
		t.Fatalf("refs of the deleted repository: %s", got)
	}
	m.said(t, h, "ignored", fmt.Sprintf(`{"event":"repository_delete","url":%q}`, repo.Dir))
	if n := m.One(t, "select count(*) from dead_letters"); n != "0" {
		t.Errorf("%s dead letters", n)
	}
	if report, found := m.Pipe.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
}

// A payload leads to no repository outside the allow-list, and a hook does nothing without the
// scope for it.
func TestAHookDoesNoMoreThanItMay(t *testing.T) {
	m := openHooks(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "default", repo, "refs/heads/main", testpipe.Text("a.txt", "water\n"))
	h := m.local(t, repo)
	for _, url := range []string{"/etc/passwd", "https://git.example.org/a/b", repo.Dir + "/../../x", "ext::sh -c id"} {
		a, err := m.deliver(t, h.Hook, h.Secret, fmt.Sprintf(`{"url":%q}`, url))
		wantKind(t, url, err, service.Denied)
		if a.State != "refused" {
			t.Errorf("%s: %+v", url, a)
		}
	}
	m.said(t, m.hook(t, service.CreateHookRequest{Name: "forgets", Scopes: []string{"forget"}, Allowed: h.Allowed}), "ignored", fmt.Sprintf(`{"url":%q}`, repo.Dir))
	submits := m.hook(t, service.CreateHookRequest{Name: "submits", Scopes: []string{"submit"}, Allowed: h.Allowed})
	m.said(t, submits, "ignored", fmt.Sprintf(`{"event":"repository_delete","url":%q}`, repo.Dir))
	m.said(t, submits, "ignored", fmt.Sprintf(`{"event":"delete","url":%q,"ref":"main"}`, repo.Dir))
	if heard := m.Events.Drain(t); len(heard) != 0 {
		t.Errorf("%d events", len(heard))
	}
	if got := m.refs(t); got != "main:1" {
		t.Errorf("refs: %s", got)
	}
}

// A delivery that comes twice is handled once. A failed one is handled when it comes again. A
// delivery can be replayed on purpose.
func TestADeliveryIsDoneOnce(t *testing.T) {
	m := openHooks(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "water\n"))
	h := m.local(t, repo)
	r := request(h.Hook, h.Secret, "d-1", fmt.Sprintf(`{"url":%q}`, repo.Dir))

	rekeyed := service.New(service.Config{Box: newBox(t, seal.NewKey())}, m.Stores.Stores)
	_, err := rekeyed.Deliver(t.Context(), r)
	wantKind(t, "another key", err, service.Unavailable)

	deaf := service.New(service.Config{Box: newBox(t, hookKey)}, &store.Stores{Catalog: m.Catalog})
	a, err := deaf.Deliver(t.Context(), r)
	wantKind(t, "no intake", err, service.Unavailable)
	if a.State != "failed" || len(m.Events.Drain(t)) != 0 {
		t.Errorf("no intake, and the delivery became %+v", a)
	}

	a, err = m.Service.Deliver(t.Context(), r)
	if err != nil || a.State != "accepted" || a.Duplicate || a.Became[0].Event != "default:forge:d-1" {
		t.Fatalf("it comes again, and became %+v: %v", a, err)
	}
	again, err := m.Service.Deliver(t.Context(), r)
	if err != nil || !again.Duplicate || again.Delivery != a.Delivery || len(again.Became) != 1 {
		t.Errorf("it comes a third time, and became %+v: %v", again, err)
	}
	if heard := m.Settle(t); heard[0].ID != "default:forge:d-1" || testpipe.Count(heard)[events.TypeRepoSubmitted] != 1 {
		t.Errorf("heard %v", testpipe.Count(heard))
	}
	list, err := m.Deliveries(t.Context(), service.DeliveriesRequest{Tenant: "default", Hook: "forge"})
	if err != nil || len(list.Deliveries) != 1 || list.Deliveries[0].Times != 3 || list.Deliveries[0].State != "accepted" {
		t.Fatalf("deliveries: %+v, %v", list, err)
	}

	played, err := m.ReplayDelivery(t.Context(), service.DeliveryRequest{Tenant: "default", ID: a.Delivery})
	if err != nil || played.Became[0].Event != "default:forge:d-1/replay-1" {
		t.Errorf("replayed: %+v, %v", played, err)
	}
	if heard := m.Settle(t); testpipe.Count(heard)[events.TypeRepoSubmitted] != 1 {
		t.Errorf("heard %v after the replay", testpipe.Count(heard))
	}
	if log := m.One(t, "select string_agg(action, ' ' order by id) from audit"); log != "hook.create delivery.replay" {
		t.Errorf("the audit log has %s", log)
	}
}

// A delivery that comes many times at once is published under one id, which the stream accepts
// once.
func TestADeliveryIsDoneOnceAtOnce(t *testing.T) {
	m := openHooks(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "water\n"))
	h := m.local(t, repo)
	r := request(h.Hook, h.Secret, "d-1", fmt.Sprintf(`{"url":%q}`, repo.Dir))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if a, err := m.Service.Deliver(t.Context(), r); err != nil || a.State != "accepted" {
				t.Errorf("became %+v: %v", a, err)
			}
		})
	}
	wait.Wait()
	// A server counts a message for its consumer a moment after it has acknowledged it.
	for deadline := time.Now().Add(testpipe.Patience); ; time.Sleep(10 * time.Millisecond) {
		lag, err := m.Broker.Lag(t.Context(), broker.StreamIntake, broker.ConsumerIngestor)
		if err == nil && lag.Pending == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the intake holds %+v, %v", lag, err)
		}
	}
	if row := m.One(t, "select count(*) || ' ' || max(times) || ' ' || max(state) from deliveries"); row != "1 8 accepted" {
		t.Errorf("deliveries: %s", row)
	}
}

// A delivery that cannot be understood is recorded without secrets, and refused.
func TestBadDeliveriesAreRecorded(t *testing.T) {
	m := openHooks(t)
	h := m.hook(t, service.CreateHookRequest{})
	const password = "hT7kQ9zLm2Xw4Rb8Vn1c"
	r := request(h.Hook, h.Secret, "d-1", `{"secret":"`+h.Secret+`","url":"https://me:`+password+`@git.example.org/mill/a","password":"`+password+`","x":`)
	_, err := m.Service.Deliver(t.Context(), r)
	wantKind(t, "truncated", err, service.Invalid)
	if !errors.Is(err, webhook.ErrPayload) {
		t.Errorf("truncated: %v", err)
	}
	text := request(h.Hook, h.Secret, "d-2", `{}`)
	text.Header.Set("Content-Type", "text/plain\x00"+strings.Repeat("x", 1000))
	_, err = m.Service.Deliver(t.Context(), text)
	if !errors.Is(err, webhook.ErrContentType) {
		t.Errorf("wrong type: %v", err)
	}
	large := request(h.Hook, h.Secret, "d-3", "")
	large.Body = bytes.Repeat([]byte("x"), webhook.MaxBody)
	large.Header.Set("X-Leat-Signature", webhook.Sign(h.Secret, large.Body))
	_, err = m.Service.Deliver(t.Context(), large)
	wantKind(t, "25 MiB", err, service.Invalid)

	list, err := m.Deliveries(t.Context(), service.DeliveriesRequest{Tenant: "default", State: "refused"})
	if err != nil || len(list.Deliveries) != 3 {
		t.Fatalf("deliveries: %+v, %v", list, err)
	}
	for _, d := range list.Deliveries {
		_, err := m.ReplayDelivery(t.Context(), service.DeliveryRequest{Tenant: "default", ID: d.ID})
		wantKind(t, "replay "+d.Delivery, err, service.Refused)
		if d.Reason == "" {
			t.Errorf("%s has no reason", d.Delivery)
		}
	}
	if dump := m.Dump(t); strings.Contains(dump, password) || strings.Contains(dump, h.Secret) {
		t.Error("the catalog holds a secret")
	}
	if size := m.One(t, "select max(length(body)) from deliveries"); len(size) > 5 {
		t.Errorf("a body of %s characters is kept", size)
	}

	odd := request(h.Hook, h.Secret, "d-4", `{"event":"\u0000\ud800\u001b[31m"}`) // JSON that Postgres does not take
	if a, err := m.Service.Deliver(t.Context(), odd); err != nil || a.State != "ignored" {
		t.Errorf("odd characters became %+v: %v", a, err)
	}
	good := request(h.Hook, h.Secret, "d-1", `{"event":"ping"}`) // the same delivery, this time intact
	if a, err := m.Service.Deliver(t.Context(), good); err != nil || a.State != "ignored" {
		t.Errorf("it comes again, and became %+v: %v", a, err)
	}
}

// Another tenant, and a token of other repositories, see no hook and no delivery.
func TestDeliveriesAreOfATenant(t *testing.T) {
	m := openHooks(t)
	h := m.hook(t, service.CreateHookRequest{})
	a, err := m.deliver(t, h.Hook, h.Secret, `{"event":"ping"}`)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{"git.example.org/other/**"}
	for _, test := range []struct {
		tenant string
		reach  []string
	}{{"acme", nil}, {"default", elsewhere}} {
		for what, ask := range map[string]func() error{
			"Hook": func() error {
				_, err := m.Hook(t.Context(), service.HookRequest{Tenant: test.tenant, Reach: test.reach, Hook: h.ID})
				return err
			},
			"RevokeHook": func() error {
				_, err := m.RevokeHook(t.Context(), service.HookRequest{Tenant: test.tenant, Reach: test.reach, Hook: "forge"})
				return err
			},
			"Delivery": func() error {
				_, err := m.Delivery(t.Context(), service.DeliveryRequest{Tenant: test.tenant, Reach: test.reach, ID: a.Delivery})
				return err
			},
			"ReplayDelivery": func() error {
				_, err := m.ReplayDelivery(t.Context(), service.DeliveryRequest{Tenant: test.tenant, Reach: test.reach, ID: a.Delivery})
				return err
			},
			"Deliveries": func() error {
				_, err := m.Deliveries(t.Context(), service.DeliveriesRequest{Tenant: test.tenant, Reach: test.reach, Hook: "forge"})
				return err
			},
		} {
			wantKind(t, what, ask(), service.NotFound)
		}
	}
	if list, err := m.Deliveries(t.Context(), service.DeliveriesRequest{Tenant: "acme"}); err != nil || len(list.Deliveries) != 0 {
		t.Errorf("another tenant sees %+v, %v", list, err)
	}
	_, err = m.Deliveries(t.Context(), service.DeliveriesRequest{Tenant: "default", State: "lost"})
	wantKind(t, "a state that is none", err, service.Invalid)
	_, err = m.Deliveries(t.Context(), service.DeliveriesRequest{Tenant: "default", Reach: elsewhere})
	wantKind(t, "deliveries of all hooks", err, service.Invalid)
}
