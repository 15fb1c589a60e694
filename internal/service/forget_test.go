package service_test

import (
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// A tenant's repositories are forgotten as far as the token reaches, and no others.
func TestForgettingATenantEndsAtTheReach(t *testing.T) {
	n := openNeighbours(t)
	n.put(t, "other", n.mine, "refs/heads/main", testpipe.Text("c.txt", "water\n"))
	forgotten := func() []string {
		return n.Rows(t, "select distinct r.tenant || ' ' || r.url from tracks k join repositories r on r.id = k.repository where k.forgotten_at is not null")
	}
	request := service.ForgetRequest{Tenant: "acme", Reach: n.reach, AllOfTenant: true}
	if tracks, err := n.Forget(t.Context(), request); err != nil || len(tracks) != 1 || len(forgotten()) != 0 {
		t.Fatalf("unconfirmed: %d tracks, %v; %v are being forgotten", len(tracks), err, forgotten())
	}
	request.Confirmed = true
	if tracks, err := n.Forget(t.Context(), request); err != nil || len(tracks) != 1 {
		t.Fatalf("%d tracks, %v, want 1", len(tracks), err)
	}
	if got, want := forgotten(), []string{"acme " + n.mine.Dir}; !slices.Equal(got, want) {
		t.Errorf("%v are being forgotten, want %v", got, want)
	}
	for _, both := range []service.ForgetRequest{
		{Tenant: "acme", AllOfTenant: true, Repository: n.theirs.Dir, Confirmed: true},
		{Tenant: "acme", AllOfTenant: true, Ref: "main", Confirmed: true},
	} {
		_, err := n.Forget(t.Context(), both)
		wantKind(t, "all and one", err, service.Invalid)
	}
	if got := forgotten(); len(got) != 1 {
		t.Errorf("%v are being forgotten after refusals", got)
	}
}
