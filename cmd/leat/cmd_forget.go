package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/catalog"
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
	s, err := g.open(ctx, devstack.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
	if err != nil {
		return err
	}
	if cmd.Ref != "" {
		if tracks = ofRef(tracks, cmd.Ref); len(tracks) == 0 {
			return fmt.Errorf("--ref %s: not indexed; 'leat status' lists the refs that are", cmd.Ref)
		}
	}
	if len(tracks) == 0 {
		return fmt.Errorf("no repository %q: 'leat status' lists those there are", cmd.Repo)
	}
	what := summaryOf(tracks)
	if !cmd.Yes {
		return fmt.Errorf("%s would be taken out of the index: add --yes if that is meant", what)
	}
	for _, id := range repositoriesOf(tracks) {
		if _, err := s.catalog.Forget(ctx, id, cmd.refs()...); err != nil {
			return err
		}
	}
	if g.JSON {
		rows := make([]forgottenTrack, len(tracks))
		for i, t := range tracks {
			rows[i] = forgottenTrack{t.Repository.String(), t.URL, t.Ref, t.Documents.Total}
		}
		return g.answer.json(map[string]any{"forgetting": rows})
	}
	fmt.Printf("forgetting %s; 'leat status' shows it until its last point is gone\n", safeLine(what))
	return nil
}

// refs are the names under which what is to be forgotten may have been
// submitted; none: all.
func (cmd *forgetCmd) refs() []string {
	if cmd.Ref == "" {
		return nil
	}
	names := append(fullRefs(cmd.Ref), cmd.Ref, shortRef(cmd.Ref))
	slices.Sort(names)
	return slices.Compact(names)
}

// ofRef are the tracks of a ref as people name it.
func ofRef(tracks []catalog.TrackStatus, ref string) []catalog.TrackStatus {
	names := fullRefs(ref)
	return slices.DeleteFunc(slices.Clone(tracks), func(t catalog.TrackStatus) bool { return !slices.Contains(names, t.Ref) })
}

// summaryOf says what tracks hold.
func summaryOf(tracks []catalog.TrackStatus) string {
	var documents int64
	var refs []string
	for _, t := range tracks {
		documents += t.Documents.Total
		if t.Ref != "" {
			refs = append(refs, shortRef(t.Ref))
		}
	}
	what := tracks[0].URL
	if len(refs) > 0 {
		what += " (" + strings.Join(refs, ", ") + ")"
	}
	return what + ", " + count(documents, "document", "documents")
}
