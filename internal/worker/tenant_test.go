package worker_test

import (
	"testing"

	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A tenant's credential opens only for that tenant, with the key that sealed it.
func TestATenantsCredentialsAreItsOwn(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	box, err := seal.New(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	by := catalog.Author{Name: "a"}
	for _, tenant := range []catalog.Tenant{{Name: "acme"}, {Name: "other", SharesCredentials: true}} {
		if _, err := p.Catalog.Tenants.Create(t.Context(), by, tenant); err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := box.Seal([]byte("bot:s3cr3t"), seal.GitCredential("acme", "git.example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Catalog.Tenants.PutCredential(t.Context(), by, "acme", "git.example.org", sealed); err != nil {
		t.Fatal(err)
	}
	// A row that was copied to another tenant or host opens nothing.
	p.Rows(t, "insert into git_credentials (tenant, host, sealed) select 'other', host, sealed from git_credentials")
	p.Rows(t, "insert into git_credentials (tenant, host, sealed) select tenant, 'evil.example.org', sealed from git_credentials where tenant = 'acme'")
	open := worker.Credentials(p.Catalog.Tenants, box)
	for _, test := range []struct {
		tenant, host, value string
		shared, fails       bool
	}{
		{"acme", "git.example.org", "bot:s3cr3t", false, false},
		{"acme", "unknown.example.org", "", false, false},
		{"acme", "evil.example.org", "", false, true},
		{"other", "git.example.org", "", true, true},
		{"default", "git.example.org", "", true, false},
		{"nobody", "git.example.org", "", false, false},
	} {
		own, err := open(t.Context(), test.tenant)
		if err != nil || own.Shared != test.shared {
			t.Errorf("%s: shared %v, %v", test.tenant, own.Shared, err)
		}
		if own.Lookup == nil {
			continue
		}
		value, found, err := own.Lookup(t.Context(), test.host)
		if value != test.value || found != (test.value != "") || (err != nil) != test.fails {
			t.Errorf("%s at %s: %q, %v, %v", test.tenant, test.host, value, found, err)
		}
	}
}

func TestATenantSpendsNoMoreThanBothBudgets(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tenant := catalog.Tenant{Name: "acme", Limits: catalog.TenantLimits{Tokens: 50, Cost: 3}}
	if _, err := p.Catalog.Tenants.Create(t.Context(), catalog.Author{Name: "a"}, tenant); err != nil {
		t.Fatal(err)
	}
	all := func(string) catalog.Budget { return catalog.Budget{Tokens: 100, Cost: 2} }
	for _, test := range []struct {
		installation func(string) catalog.Budget
		tenant       string
		want         catalog.Budget
	}{
		{all, "acme", catalog.Budget{Tokens: 50, Cost: 2}},
		{all, "nobody", catalog.Budget{Tokens: 100, Cost: 2}},
		{nil, "acme", catalog.Budget{Tokens: 50, Cost: 3}},
		{nil, "nobody", catalog.Budget{}},
	} {
		if got, err := worker.Budgets(test.installation, p.Catalog.Tenants)(t.Context(), test.tenant); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.tenant, got, err, test.want)
		}
	}
}
