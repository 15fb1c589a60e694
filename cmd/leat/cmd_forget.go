package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type forgetCmd struct {
	Repo string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref  string `placeholder:"REF" help:"Only this branch or tag."`
	Yes  bool   `help:"Say that taking it out of the index is meant."`
}

type forgottenTrack struct {
	ID        string `json:"id"` // of the repository
	URL       string `json:"url"`
	Ref       string `json:"ref"`
	Documents int64  `json:"documents"`
}

func (cmd *forgetCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	request := service.ForgetRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, Confirmed: cmd.Yes}
	tracks, err := s.leat.Forget(ctx, request)
	if err != nil {
		return err
	}
	what := summaryOf(tracks)
	if !cmd.Yes {
		return fmt.Errorf("%s would be taken out of the index: add --yes if that is meant", what)
	}
	if g.JSON {
		rows := make([]forgottenTrack, len(tracks))
		for i, t := range tracks {
			rows[i] = forgottenTrack{t.ID, t.URL, t.Ref, t.Documents.Total}
		}
		return g.answer.json(map[string]any{"forgetting": rows})
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
	if len(refs) > 0 {
		what += " (" + strings.Join(refs, ", ") + ")"
	}
	return what + ", " + count(documents, "document", "documents")
}
