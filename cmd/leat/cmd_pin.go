package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type pinCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Commit string `arg:"" optional:"" help:"Commit in hex; or a tag, an indexed branch, or the beginning of an indexed commit. Default: list the versions."`
	Name   string `placeholder:"NAME" help:"Name of the version. Default: the tag, or 12 digits of the commit."`
	Remove bool   `help:"Let go of the version of this name instead."`
	Wait   bool   `help:"Follow it until it is indexed or has failed."`
}

func (pinCmd) Help() string {
	return "Keeps a commit searchable under a name, whatever its branch or tag does. The name can stand wherever a ref can: --ref NAME, 'leat diff REPO NAME main'."
}

func (cmd *pinCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres|store.NATS)
	if err != nil {
		return err
	}
	defer s.close()
	switch {
	case cmd.Remove && cmd.Commit == "" && cmd.Name != "":
		cmd.Commit = cmd.Name
		return cmd.remove(ctx, g, s)
	case cmd.Remove && cmd.Commit == "":
		return errors.New("name the version that is to go: leat pin REPO NAME --remove")
	case cmd.Commit == "":
		return cmd.list(ctx, g, s)
	case cmd.Remove:
		return cmd.remove(ctx, g, s)
	}
	a, err := s.leat.Pin(ctx, service.PinRequest{Tenant: g.Tenant, Repository: cmd.Repo, Commit: cmd.Commit, Name: cmd.Name})
	if err != nil {
		return err
	}
	if cmd.Wait {
		return follow(ctx, s.leat, g, []catalog.SubmissionKey{keyOf(a.Submission)}, 0)
	}
	if g.JSON {
		return g.answer.json(a)
	}
	what := shortCommit(a.Version.Commit)
	if what == "" {
		what = "tag " + service.ShortRef(a.Version.Ref)
	}
	fmt.Printf("pinned %s as %s; 'leat status' shows when it is indexed\n", safeLine(what), safeLine(a.Version.Name))
	return nil
}

func keyOf(s service.Submitted) catalog.SubmissionKey {
	return catalog.SubmissionKey{Tenant: s.Tenant, Source: s.Source, Event: s.ID}
}

func (cmd *pinCmd) list(ctx context.Context, g *globals, s *session) error {
	a, err := s.leat.Versions(ctx, service.VersionsRequest{Tenant: g.Tenant, Repository: cmd.Repo})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	if len(a.Versions) == 0 {
		fmt.Println("no versions: 'leat pin REPO COMMIT' keeps one")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "VERSION\tCOMMIT\tSTATE\tSINCE")
	for _, v := range a.Versions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", safeLine(v.Name), shortCommit(v.Commit), v.State, v.CreatedAt.Format("2006-01-02 15:04"))
	}
	return w.Flush()
}

func (cmd *pinCmd) remove(ctx context.Context, g *globals, s *session) error {
	if err := s.leat.Unpin(ctx, service.UnpinRequest{Tenant: g.Tenant, Repository: cmd.Repo, Name: cmd.Commit}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]string{"unpinned": cmd.Commit})
	}
	fmt.Printf("unpinned %s\n", safeLine(cmd.Commit))
	return nil
}
