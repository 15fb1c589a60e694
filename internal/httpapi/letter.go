package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

func registerLetter(api huma.API, d deps) {
	get(api, d, route{
		id: "list-letters", path: "/letters", tag: "dead letters", scope: access.ScopeOperate,
		summary: "List dead letters, oldest first: messages that leat does not try again by itself",
	}, d.letters)
	get(api, d, route{
		id: "get-letter", path: "/letters/{id}", tag: "dead letters", scope: access.ScopeOperate,
		summary: "Show a dead letter with its message",
	}, d.letter)
	post(api, d, route{
		id: "preview-letters", path: "/letters/preview", tag: "dead letters", scope: access.ScopeOperate, repeats: true,
		summary: "List the letters that a choice would affect",
	}, d.previewLetters)
	post(api, d, route{
		id: "retry-letters", path: "/letters/retry", tag: "dead letters", scope: access.ScopeOperate, slow: true,
		summary: "Try the work of letters again, and delete the letters",
	}, d.retryLetters)
	post(api, d, route{
		id: "drop-letters", path: "/letters/drop", tag: "dead letters", scope: access.ScopeOperate, slow: true,
		summary: "Delete letters; their documents stay failed",
	}, d.dropLetters)
}

// LetterFilter chooses letters in a query.
type LetterFilter struct {
	Worker     string    `query:"worker" enum:"ingestor,embedder,indexer" doc:"Only of this worker."`
	Repository string    `query:"repository" maxLength:"4096" doc:"Only about this repository."`
	Reason     string    `query:"reason" maxLength:"1024" doc:"Only letters whose reason contains this text."`
	Before     time.Time `query:"before" doc:"Only letters written before this time."`
	OlderThan  string    `query:"older_than" maxLength:"32" doc:"Only letters that are at least this old, such as 24h."`
	AnyTenant  bool      `query:"any_tenant" doc:"Include letters of other tenants, and letters that name no tenant. Needs a token of the installation."`
}

// chosenLetters chooses letters in a body.
type chosenLetters struct {
	Body struct {
		IDs        []int64   `json:"ids,omitempty" maxItems:"1000" doc:"Numbers of letters."`
		Worker     string    `json:"worker,omitempty" enum:"ingestor,embedder,indexer" doc:"Only of this worker."`
		Repository string    `json:"repository,omitempty" maxLength:"4096" doc:"Only about this repository."`
		Reason     string    `json:"reason,omitempty" maxLength:"1024" doc:"Only letters whose reason contains this text."`
		Before     time.Time `json:"before,omitempty" doc:"Only letters written before this time."`
		OlderThan  string    `json:"older_than,omitempty" maxLength:"32" doc:"Only letters that are at least this old, such as 24h."`
		AnyTenant  bool      `json:"any_tenant,omitempty" doc:"Include letters of other tenants, and letters that name no tenant. Needs a token of the installation."`
		All        bool      `json:"all,omitempty" doc:"Choose all letters. Required if nothing else chooses."`
	}
}

func (f LetterFilter) of(who caller) (filter service.LetterFilter, err error) {
	filter = service.LetterFilter{
		Tenant: who.tenant, Reach: who.Repositories, AnyTenant: f.AnyTenant, Worker: f.Worker, Repository: f.Repository, Reason: f.Reason, Before: f.Before,
	}
	if f.OlderThan != "" {
		if filter.OlderThan, err = time.ParseDuration(f.OlderThan); err != nil {
			return filter, &service.Error{Kind: service.Invalid, Field: service.FieldAge, Value: f.OlderThan, Reason: "give a duration, for example 24h"}
		}
	}
	return filter, nil
}

func (c chosenLetters) of(who caller) (service.LetterFilter, error) {
	b := c.Body
	chosen := len(b.IDs) > 0 || b.Worker != "" || b.Repository != "" || b.Reason != "" || !b.Before.IsZero() || b.OlderThan != ""
	if chosen == b.All {
		return service.LetterFilter{}, &service.Error{Kind: service.Invalid, Field: service.FieldBody, Reason: "say which letters: give ids, or a filter such as reason, or all by itself"}
	}
	filter, err := LetterFilter{b.Worker, b.Repository, b.Reason, b.Before, b.OlderThan, b.AnyTenant}.of(who)
	filter.IDs = b.IDs
	return filter, err
}

type lettersInput struct {
	LetterFilter
	Page
}

type lettersOutput struct {
	Body struct {
		service.LettersAnswer
		Pages
	}
}

func (d deps) letters(ctx context.Context, who caller, in *lettersInput) (*lettersOutput, error) {
	filter, err := in.of(who)
	if err != nil {
		return nil, err
	}
	after, err := place[int64]("letters", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &lettersOutput{}
	out.Body.LettersAnswer, err = d.Letters(ctx, service.LettersRequest{LetterFilter: filter, After: after, Limit: in.Limit})
	out.Body.Cursor = cursor("letters", out.Body.Next)
	return out, err
}

type letterInput struct {
	ID        int64 `path:"id" minimum:"1" doc:"Number of the letter."`
	AnyTenant bool  `query:"any_tenant" doc:"Accept a letter of another tenant, or of none. Needs a token of the installation."`
}

type letterOutput struct{ Body service.LetterAnswer }

func (d deps) letter(ctx context.Context, who caller, in *letterInput) (*letterOutput, error) {
	a, err := d.Letter(ctx, service.LetterRequest{Tenant: who.tenant, Reach: who.Repositories, AnyTenant: in.AnyTenant, ID: in.ID})
	return &letterOutput{a}, err
}

type previewOutput struct{ Body service.LettersPreview }

func (d deps) previewLetters(ctx context.Context, who caller, in *chosenLetters) (*previewOutput, error) {
	filter, err := in.of(who)
	if err != nil {
		return nil, err
	}
	a, err := d.PreviewLetters(ctx, filter)
	return &previewOutput{a}, err
}

type retriedOutput struct{ Body service.RetriedLetters }

func (d deps) retryLetters(ctx context.Context, who caller, in *chosenLetters) (*retriedOutput, error) {
	filter, err := in.of(who)
	if err != nil {
		return nil, err
	}
	a, err := d.RetryLetters(ctx, filter)
	return &retriedOutput{a}, err
}

type droppedOutput struct{ Body service.DroppedLetters }

func (d deps) dropLetters(ctx context.Context, who caller, in *chosenLetters) (*droppedOutput, error) {
	filter, err := in.of(who)
	if err != nil {
		return nil, err
	}
	a, err := d.DropLetters(ctx, filter)
	return &droppedOutput{a}, err
}
