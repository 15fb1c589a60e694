package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type forgetCmd struct {
	Repo        string `arg:"" optional:"" help:"Repository: its URL, its path, or the end of it."`
	Ref         string `placeholder:"REF" help:"Only this branch or tag."`
	AllOfTenant bool   `help:"All repositories of the tenant (--tenant)."`
	Shred       bool   `help:"With --all-of-tenant: destroy the tenant's own key first, so that nobody can read its texts from then on, in no copy of S3 either."`
	Yes         bool   `help:"Confirm that it is to be taken out of the index."`
}

type forgottenTrack struct {
	ID        string `json:"id"` // of the repository
	URL       string `json:"url"`
	Ref       string `json:"ref"`
	Documents int64  `json:"documents"`
}

// check refuses flags that do not go together.
func (cmd *forgetCmd) check() error {
	switch {
	case (cmd.Repo == "") != cmd.AllOfTenant:
		return errors.New("name a repository, or give --all-of-tenant")
	case cmd.AllOfTenant && cmd.Ref != "":
		return errors.New("--ref goes with one repository")
	case cmd.Shred && !cmd.AllOfTenant:
		return errors.New("--shred destroys the key of a whole tenant: give --all-of-tenant")
	}
	return nil
}

func (cmd *forgetCmd) Run(ctx context.Context, g *globals) error {
	if err := cmd.check(); err != nil {
		return err
	}
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	// A whole tenant is forgotten after its key is destroyed, below.
	tracks, err := s.leat.Forget(ctx, cmd.request(g, cmd.Yes && !cmd.AllOfTenant))
	if err != nil {
		return err
	}
	what := "no repository"
	if len(tracks) > 0 {
		what = summaryOf(tracks)
	}
	if !cmd.Yes {
		if cmd.Shred {
			what += ", and the key of tenant " + g.Tenant + " destroyed for good,"
		}
		return fmt.Errorf("%s would be taken out of the index: add --yes if that is meant", what)
	}
	var shredded service.DestroyedKeys
	if cmd.Shred { // the key goes first, so that nothing can be read if the forgetting is cut short
		if shredded, err = s.leat.DestroyKey(operator(ctx), service.DestroyKeyRequest{Tenant: g.Tenant, Confirm: g.Tenant}); err != nil {
			return err
		}
	}
	if cmd.AllOfTenant {
		if tracks, err = s.leat.Forget(ctx, cmd.request(g, true)); err != nil {
			return err
		}
	}
	return cmd.show(g, tracks, what, shredded)
}

func (cmd *forgetCmd) request(g *globals, confirmed bool) service.ForgetRequest {
	return service.ForgetRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, AllOfTenant: cmd.AllOfTenant, Confirmed: confirmed}
}

func (cmd *forgetCmd) show(g *globals, tracks []service.RepositoryStatus, what string, shredded service.DestroyedKeys) error {
	if g.JSON {
		rows := make([]forgottenTrack, len(tracks))
		for i, t := range tracks {
			rows[i] = forgottenTrack{t.ID, t.URL, t.Ref, t.Documents.Total}
		}
		answer := map[string]any{"forgetting": rows}
		if cmd.Shred {
			answer["destroyed"] = shredded.Keys
		}
		return g.answer.json(answer)
	}
	if cmd.Shred {
		fmt.Printf("destroyed %s; %s cannot be read any more\n", strings.Join(shredded.Keys, ", "), count(shredded.Documents, "document", "documents"))
	}
	fmt.Printf("forgetting %s; 'leat status' shows it until its last point is gone\n", safeLine(what))
	return nil
}

// summaryOf names tracks and counts their documents.
func summaryOf(tracks []service.RepositoryStatus) string {
	var documents int64
	var refs []string
	for _, t := range tracks {
		documents += t.Documents.Total
		if t.Ref != "" {
			refs = append(refs, service.ShortRef(t.Ref))
		}
	}
	what := tracks[0].URL
	repositories := make(map[string]bool)
	for _, t := range tracks {
		repositories[t.ID] = true
	}
	if n := len(repositories); n > 1 {
		what, refs = count(int64(n), "repository", "repositories"), nil
	}
	if len(refs) > 0 {
		what += " (" + strings.Join(refs, ", ") + ")"
	}
	return what + ", " + count(documents, "document", "documents")
}
