package client

import (
	"context"
	"errors"
	"strconv"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// Generations is service.Service.Generations.
func (c *Client) Generations(ctx context.Context) (a service.GenerationsAnswer, err error) {
	return a, c.ask(ctx, get(nil, "generations"), &a)
}

// Generation is service.Service.Generation.
func (c *Client) Generation(ctx context.Context, number int64) (g service.Generation, found bool, err error) {
	var a changed
	err = c.ask(ctx, get(nil, "generations", strconv.FormatInt(number, 10)), &a)
	if errors.Is(err, service.NotFound) {
		return g, false, nil
	}
	return a.Generation, err == nil, err
}

// AwaitGeneration is service.Service.AwaitGeneration.
func (c *Client) AwaitGeneration(ctx context.Context, number int64, tell func(service.Generation)) (service.Generation, bool, error) {
	return service.AwaitGeneration(ctx, c, number, nil, tell)
}

// changed is a generation after a change of it.
type changed struct {
	Generation service.Generation `json:"generation"`
}

// Rebuild is service.Service.Rebuild.
func (c *Client) Rebuild(ctx context.Context, r service.RebuildRequest) (int64, error) {
	body := make(map[string]string)
	if r.Embedder != "" {
		body["embedder"] = r.Embedder
	}
	if r.From != "" {
		body["from"] = string(r.From)
	}
	var a changed
	err := c.ask(ctx, post(body, nil, "generations"), &a)
	return a.Generation.Number, err
}

// RollBack is service.Service.RollBack.
func (c *Client) RollBack(ctx context.Context, number int64) (int64, error) {
	body := make(map[string]int64)
	if number != 0 {
		body["number"] = number
	}
	var a changed
	err := c.ask(ctx, post(body, nil, "generations", "rollback"), &a)
	return a.Generation.Number, err
}

// CancelRebuild is service.Service.CancelRebuild.
func (c *Client) CancelRebuild(ctx context.Context) (int64, error) {
	var a struct {
		Number int64 `json:"number"`
	}
	err := c.ask(ctx, post(nil, nil, "generations", "cancel"), &a)
	return a.Number, err
}

// SyncStatus is service.Service.SyncStatus.
func (c *Client) SyncStatus(ctx context.Context) (a service.SyncAnswer, err error) {
	return a, c.ask(ctx, get(nil, "sync"), &a)
}

// Digest is service.Service.Digest. For a token of one tenant, AnyTenant means that tenant.
func (c *Client) Digest(ctx context.Context, r service.ScopeRequest) (d service.DigestAnswer, err error) {
	ask := func(any bool) error {
		asked := get(c.of(r.Tenant).text("repository", named(r.Repository)).yes("any_tenant", any), "digest")
		asked.slow = true
		return c.ask(ctx, asked, &d)
	}
	all := r.AnyTenant && r.Repository == ""
	err = ask(all)
	if all && errors.Is(err, service.Denied) {
		err = ask(false)
	}
	return d, err
}

// pageOfDifferences is the number of differences that one request asks for.
const pageOfDifferences = 10_000

// Verify is service.Service.Verify. The gateway compares the stores once more for each ten thousand
// differences that it names. The report is that of the last comparison.
func (c *Client) Verify(ctx context.Context, r service.VerifyRequest) (report verify.Report, err error) {
	body := comparison(r)
	if r.Found != nil {
		body["list"] = pageOfDifferences
	}
	for {
		var a struct {
			verify.Report
			Differences []struct{ Kind, What string }
			Next        string
		}
		if err := c.ask(ctx, slowly(body), &a); err != nil {
			return report, err
		}
		for _, d := range a.Differences {
			r.Found(d.Kind, d.What)
		}
		if a.Next == "" {
			return a.Report, nil
		}
		body["cursor"] = a.Next
	}
}

// Repair is service.Service.Repair.
func (c *Client) Repair(ctx context.Context, r service.VerifyRequest) (did verify.Repaired, err error) {
	body := comparison(r)
	body["repair"] = true
	var a struct{ Repaired verify.Repaired }
	err = c.ask(ctx, slowly(body), &a)
	return a.Repaired, err
}

// comparison is the body of a request to compare the stores.
func comparison(r service.VerifyRequest) map[string]any {
	body := map[string]any{"grace": r.Grace.String()}
	if r.Repository != "" {
		body["tenant"], body["repository"] = r.Tenant, named(r.Repository)
	}
	return body
}

// slowly makes a request for a comparison. A repair may be asked for twice, since the second one
// finds nothing to mend.
func slowly(body map[string]any) request {
	asked := post(body, nil, "verify")
	asked.slow, asked.again = true, true
	return asked
}
