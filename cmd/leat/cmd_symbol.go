package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

// graphArgs name a symbol of a repository.
type graphArgs struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Symbol string `arg:"" help:"A name, the end of a qualified one (Mill.grind), PATH#QUALIFIED, or the path of a file."`
	Ref    string `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
}

func (a graphArgs) request(g *globals) service.GraphRequest {
	return service.GraphRequest{Tenant: g.Tenant, Repository: a.Repo, Ref: a.Ref, Symbol: a.Symbol}
}

type symbolCmd struct {
	graphArgs
	Prefix bool     `help:"Also find longer names that begin with this one."`
	Kind   []string `placeholder:"KIND" help:"Only this kind: function, method, type, const, var, field or module. May be repeated."`
	Limit  int      `default:"50" placeholder:"N" help:"Most symbols (${default}, at most 200)."`
}

func (cmd *symbolCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Symbols(ctx, service.SymbolsRequest{GraphRequest: cmd.request(g), Prefix: cmd.Prefix, Kinds: cmd.Kind, Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	for _, one := range a.Symbols {
		fmt.Println(symbolLine(one))
		if one.Doc != "" {
			fmt.Println("    " + safeLine(one.Doc))
		}
	}
	return nil
}

// symbolLine shows a symbol for people.
func symbolLine(s service.Symbol) string {
	if s.Kind == "file" {
		return safeLine(s.Path)
	}
	text := s.Signature
	if text == "" {
		text = s.Kind + " " + s.Qualified
	}
	return safeLine(fmt.Sprintf("%s:%d  %s", s.Path, s.StartLine, text))
}

type referencesCmd struct {
	graphArgs
	Role          []string `placeholder:"ROLE" help:"Only this role: call, type, import, inherit, write or use. May be repeated."`
	MinConfidence float64  `placeholder:"SHARE" help:"Only references that are at least so sure, 0 to 1."`
	Across        bool     `help:"Only references from other repositories, which import what this one declares."`
	Limit         int      `default:"50" placeholder:"N" help:"Most references (${default}, at most 200)."`
}

func (cmd *referencesCmd) Run(ctx context.Context, g *globals) error {
	return g.showUses(ctx, service.UsesRequest{GraphRequest: cmd.request(g), Roles: cmd.Role, MinConfidence: cmd.MinConfidence, Across: cmd.Across, Limit: cmd.Limit})
}

type callersCmd struct {
	graphArgs
	Across bool `help:"Only in other repositories."`
	Limit  int  `default:"50" placeholder:"N" help:"Most callers (${default}, at most 200)."`
}

func (cmd *callersCmd) Run(ctx context.Context, g *globals) error {
	return g.showUses(ctx, service.UsesRequest{GraphRequest: cmd.request(g), Roles: []string{"call"}, Across: cmd.Across, Limit: cmd.Limit})
}

type calleesCmd callersCmd

func (cmd *calleesCmd) Run(ctx context.Context, g *globals) error {
	return g.showUses(ctx, service.UsesRequest{GraphRequest: cmd.request(g), Outward: true, Roles: []string{"call"}, Across: cmd.Across, Limit: cmd.Limit})
}

// showUses prints references, one a line.
func (g *globals) showUses(ctx context.Context, r service.UsesRequest) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Uses(ctx, r)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	for _, u := range a.Uses {
		line := 0
		if len(u.Lines) > 0 {
			line = u.Lines[0]
		}
		end := u.From.Qualified
		if r.Outward {
			end = u.To.ID
		}
		more := ""
		if u.Count > 1 {
			more = fmt.Sprintf(" (%d times)", u.Count)
		}
		where := ""
		if u.Elsewhere != nil {
			where = "  in " + u.Elsewhere.URL
		}
		fmt.Println(safeLine(fmt.Sprintf("%s:%d  %s %s%s  [%s, %.2f]%s", u.From.Path, line, u.Role, end, more, u.Strategy, u.Confidence, where)))
	}
	if a.Unresolved > 0 {
		fmt.Printf("%d references lead to other repositories, or nothing says where\n", a.Unresolved)
	}
	return nil
}

type neighboursCmd struct {
	graphArgs
	Role      []string `placeholder:"ROLE" help:"Only this role: call, type, import, inherit, write or use. May be repeated."`
	Direction string   `enum:"in,out,both" default:"both" help:"in: what refers to it; out: what it refers to; both (default)."`
	Depth     int      `default:"1" placeholder:"N" help:"Steps (${default}, at most 6)."`
	Limit     int      `default:"50" placeholder:"N" help:"Most symbols (${default}, at most 200)."`
}

func (cmd *neighboursCmd) Run(ctx context.Context, g *globals) error {
	return g.showWalk(ctx, func(l leat) (service.WalkAnswer, error) {
		return l.Neighbours(ctx, service.WalkRequest{GraphRequest: cmd.request(g), Direction: cmd.Direction, Roles: cmd.Role, Depth: cmd.Depth, Limit: cmd.Limit})
	})
}

type pathCmd struct {
	graphArgs
	To string `arg:"" help:"The symbol at the end, named as the one at the beginning."`
}

func (cmd *pathCmd) Run(ctx context.Context, g *globals) error {
	return g.showWalk(ctx, func(l leat) (service.WalkAnswer, error) {
		return l.Path(ctx, service.PathRequest{GraphRequest: cmd.request(g), To: cmd.To})
	})
}

// showWalk prints the nodes that a walk has reached, one a line. The farther away a node is,
// the further in its line begins.
func (g *globals) showWalk(ctx context.Context, walk func(leat) (service.WalkAnswer, error)) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := walk(s.leat)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	showNodes(a)
	return nil
}

// showNodes prints the nodes of a walk.
func showNodes(a service.WalkAnswer) {
	for _, n := range a.Nodes {
		role := n.Role
		if role != "" && !n.Out {
			role += " by"
		}
		fmt.Println(strings.Repeat("  ", n.Depth) + strings.TrimSpace(role+" "+symbolLine(n.Symbol)))
	}
	if a.More {
		fmt.Println("… a bound ended the walk: there may be more")
	}
}
