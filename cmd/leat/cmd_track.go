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

type trackCmd struct {
	Repo       string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Tags       string `arg:"" optional:"" help:"Glob of tags, such as 'v*'; a star stands for any characters. Default: list the globs."`
	Keep       int    `default:"10" placeholder:"N" help:"How many of the newest are kept (${default}; at most 1000)."`
	Days       int    `placeholder:"N" help:"How many days each is kept, from when it was first seen. Default: whatever its age."`
	Searchable int    `placeholder:"N" help:"How many of the newest are searchable at once; the others can be read, and sleep until a search names them. Default: all that are kept."`
	Remove     bool   `help:"Let go of the tags of this glob instead. Pinned tags stay."`
	Wait       bool   `help:"Follow the look at the repository to its end; the tags are indexed after it."`
}

func (trackCmd) Help() string {
	return "Each new tag becomes a version, and the oldest is let go. A version that was pinned with 'leat pin' is never let go. Tags are looked at whenever the default branch is: by a webhook, a poll, or 'leat submit'."
}

func (cmd *trackCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres|store.NATS)
	if err != nil {
		return err
	}
	defer s.close()
	switch {
	case cmd.Tags == "" && cmd.Remove:
		return errors.New("name the glob that is to go: leat track REPO 'v*' --remove")
	case cmd.Tags == "":
		return cmd.list(ctx, g, s)
	case cmd.Remove:
		return cmd.remove(ctx, g, s)
	}
	a, err := s.leat.TrackTags(ctx, service.TrackTagsRequest{Tenant: g.Tenant, Repository: cmd.Repo, Tags: cmd.Tags, Keep: cmd.Keep, Days: cmd.Days, Searchable: cmd.Searchable})
	if err != nil {
		return err
	}
	if cmd.Wait {
		return follow(ctx, s.leat, g, []catalog.SubmissionKey{keyOf(a.Submission)}, 0)
	}
	if g.JSON {
		return g.answer.json(a)
	}
	fmt.Printf("the newest %d of %s become versions; 'leat pin REPO' lists them\n", a.Rule.Keep, safeLine(a.Rule.Tags))
	return nil
}

func (cmd *trackCmd) list(ctx context.Context, g *globals, s *session) error {
	a, err := s.leat.TagRules(ctx, service.TagRulesRequest{Tenant: g.Tenant, Repository: cmd.Repo})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	if len(a.Rules) == 0 {
		fmt.Println("no tags are followed: \"leat track REPO 'v*'\" keeps the newest of them")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TAGS\tKEEP\tSEARCHABLE\tDAYS\tSINCE")
	for _, r := range a.Rules {
		days, searchable := "-", "-"
		if r.Days > 0 {
			days = fmt.Sprint(r.Days)
		}
		if r.Searchable > 0 {
			searchable = fmt.Sprint(r.Searchable)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", safeLine(r.Tags), r.Keep, searchable, days, r.CreatedAt.Format("2006-01-02 15:04"))
	}
	return w.Flush()
}

func (cmd *trackCmd) remove(ctx context.Context, g *globals, s *session) error {
	if err := s.leat.UntrackTags(ctx, service.UntrackTagsRequest{Tenant: g.Tenant, Repository: cmd.Repo, Tags: cmd.Tags}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]string{"untracked": cmd.Tags})
	}
	fmt.Printf("%s are followed no more\n", safeLine(cmd.Tags))
	return nil
}
