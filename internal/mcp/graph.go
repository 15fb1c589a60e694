package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

// graphRoom is the room in bytes for the parts of an answer other than rows.
const graphRoom = 600

// graphIn names a repository whose graph is asked.
type graphIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Ref        string `json:"ref,omitempty" jsonschema:"branch or tag; needed where several are indexed"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
}

// symbolIn names a symbol of a graph.
type symbolIn struct {
	graphIn
	Symbol string `json:"symbol" jsonschema:"a name, the end of a qualified one (Mill.grind), an id (PATH#QUALIFIED), or the path of a file"`
}

func (in graphIn) named(c caller, symbol string) service.GraphRequest {
	return service.GraphRequest{Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref, Symbol: symbol}
}

// rows writes the rows of an answer while there is room, and says how to continue: with the cursor
// if the page is whole, or else with more tokens. none says why there are no rows.
func (in graphIn) rows(at service.At, what, none string, rows []string, next string) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	room := tokens*service.BytesPerToken - graphRoom
	var b strings.Builder
	b.WriteString(mark + line(at.URL+commitOf(at)+": "+what) + "\n")
	if len(rows) == 0 {
		b.WriteString(none + "\n")
	}
	for i, row := range rows {
		if b.Len()+len(row) > room {
			fmt.Fprintf(&b, "%scut after %d of %d rows: ask with a smaller limit and its cursor, or with a larger max_tokens\n", mark, i, len(rows))
			return b.String(), nil
		}
		b.WriteString(row + "\n")
	}
	if next != "" {
		b.WriteString(mark + "more with cursor " + next + "\n")
	}
	return b.String(), nil
}

func commitOf(a service.At) string { return at(a.Ref, a.Commit, a.Underway) }

type symbolsIn struct {
	graphIn
	Name   string `json:"name" jsonschema:"the name, in upper or lower case"`
	Prefix bool   `json:"prefix,omitempty" jsonschema:"also names that begin with name"`
	Kind   string `json:"kind,omitempty" jsonschema:"only this kind: function, method, type, const, var, field or module"`
	Limit  int    `json:"limit,omitempty" jsonschema:"largest number of definitions, 1 to 200; default 50"`
	Cursor string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, with the same name and filters"`
}

func symbols(ctx context.Context, c caller, in symbolsIn) (string, error) {
	a, err := c.Symbols(ctx, service.SymbolsRequest{
		GraphRequest: in.named(c, in.Name), Prefix: in.Prefix, Kinds: names(in.Kind), Limit: in.Limit, After: in.Cursor,
	})
	if err != nil {
		return "", err
	}
	rows := make([]string, len(a.Symbols))
	for i, s := range a.Symbols {
		rows[i] = line(symbolRow(s))
		if s.Doc != "" {
			rows[i] += "\n    " + line(s.Doc)
		}
	}
	none := "nothing is defined by that name; search also finds other names"
	switch {
	case in.Cursor != "":
		none = "no further definitions"
	case in.Kind != "":
		none = "no " + in.Kind + " is defined by that name: ask without kind"
	case !in.Prefix:
		none += ", and prefix finds names that begin with it"
	}
	return in.rows(a.At, fmt.Sprintf("%d definitions", len(rows)), none, rows, a.Next)
}

// symbolRow describes a symbol with its place and the id that the other tools take.
func symbolRow(s service.Symbol) string {
	if s.Kind == "file" {
		return s.Path
	}
	text := s.Signature
	if text == "" {
		text = s.Kind + " " + s.Qualified
	}
	return fmt.Sprintf("%s lines %d-%d: %s", s.ID, s.StartLine, s.EndLine, text)
}

type usesIn struct {
	symbolIn
	Across bool   `json:"across,omitempty" jsonschema:"only between this repository and others; default false: only inside it"`
	Limit  int    `json:"limit,omitempty" jsonschema:"largest number of rows, 1 to 200; default 50"`
	Cursor string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, with the same symbol and filters"`
}

type referencesIn struct {
	usesIn
	Role          string  `json:"role,omitempty" jsonschema:"only this role: call, type, import, inherit, write or use"`
	MinConfidence float64 `json:"min_confidence,omitempty" jsonschema:"only references with at least this confidence, 0 to 1"`
}

func references(ctx context.Context, c caller, in referencesIn) (string, error) {
	return c.uses(ctx, in.usesIn, service.UsesRequest{Roles: names(in.Role), MinConfidence: in.MinConfidence})
}

func callers(ctx context.Context, c caller, in usesIn) (string, error) {
	return c.uses(ctx, in, service.UsesRequest{Roles: []string{"call"}})
}

func callees(ctx context.Context, c caller, in usesIn) (string, error) {
	return c.uses(ctx, in, service.UsesRequest{Roles: []string{"call"}, Outward: true})
}

func (c caller) uses(ctx context.Context, in usesIn, r service.UsesRequest) (string, error) {
	r.GraphRequest, r.Limit, r.After, r.Across = in.named(c, in.Symbol), in.Limit, in.Cursor, in.Across
	a, err := c.Uses(ctx, r)
	if err != nil {
		return "", err
	}
	rows := make([]string, len(a.Uses))
	for i, u := range a.Uses {
		lines := make([]string, 0, mostLines)
		for _, n := range u.Lines[:min(len(u.Lines), mostLines)] {
			lines = append(lines, fmt.Sprint(n))
		}
		if u.Count > len(lines) {
			lines = append(lines, fmt.Sprintf("… %d in all", u.Count))
		}
		rows[i] = line(fmt.Sprintf("%s %s %s at %s:%s (%s, %.2f)", u.From.ID, u.Role, u.To.ID, u.From.Path, strings.Join(lines, ","), u.Strategy, u.Confidence))
		if u.Elsewhere != nil {
			rows[i] += " in " + line(u.Elsewhere.URL+commitOf(*u.Elsewhere))
		}
	}
	what := fmt.Sprintf("%d rows for %d definitions of %s", len(rows), len(a.Symbols), in.Symbol)
	if a.Unresolved > 0 {
		what += fmt.Sprintf("; %d references lead to other repositories, or nothing says where", a.Unresolved)
	}
	none := "nothing refers to it in this repository"
	switch {
	case in.Cursor != "":
		none = "no further rows"
	case r.Across:
		none = "no import leads from here to another repository, or from there to it"
	case r.Outward:
		none = "it calls nothing of this repository"
	case r.MinConfidence > 0:
		none = "nothing refers to it so surely: ask with a lower min_confidence"
	case len(r.Roles) > 0:
		none = "nothing refers to it as " + r.Roles[0] + ": references without a role lists all"
	}
	return in.rows(a.At, what, none, rows, a.Next)
}

// mostLines bounds the lines of one row that are shown.
const mostLines = 5

type walkIn struct {
	Depth  int    `json:"depth,omitempty" jsonschema:"steps, 1 to 6; default 1, and 3 for an impact"`
	Limit  int    `json:"limit,omitempty" jsonschema:"largest number of symbols, 1 to 200; default 50"`
	Cursor string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, with the same symbol and filters"`
}

type neighboursIn struct {
	symbolIn
	walkIn
	Direction string `json:"direction,omitempty" jsonschema:"in: what refers to it; out: what it refers to; default both"`
	Role      string `json:"role,omitempty" jsonschema:"only this role: call, type, import, inherit, write or use"`
}

func neighbours(ctx context.Context, c caller, in neighboursIn) (string, error) {
	a, err := c.Neighbours(ctx, service.WalkRequest{
		GraphRequest: in.named(c, in.Symbol), Direction: in.Direction, Roles: names(in.Role), Depth: in.Depth, Limit: in.Limit, After: in.Cursor,
	})
	return in.walked(a, "", "nothing is connected with it by edges of a confidence of 0.8 or more, and by role and direction where they are given", err)
}

type impactIn struct {
	graphIn
	walkIn
	Symbol string `json:"symbol,omitempty" jsonschema:"a name, the end of a qualified one (Mill.grind), an id (PATH#QUALIFIED), or the path of a file"`
	Diff   string `json:"diff,omitempty" jsonschema:"instead of a symbol, a change of the indexed commit as git diff writes it"`
}

func impact(ctx context.Context, c caller, in impactIn) (string, error) {
	a, err := c.Impact(ctx, service.ImpactRequest{Diff: in.Diff, WalkRequest: service.WalkRequest{
		GraphRequest: in.named(c, in.Symbol), Depth: in.Depth, Limit: in.Limit, After: in.Cursor,
	}})
	more := ""
	if len(a.Unknown) > 0 {
		more = "; not in the graph: " + strings.Join(a.Unknown[:min(len(a.Unknown), mostUnknown)], ", ")
	}
	return in.walked(a.WalkAnswer, more, "nothing in the graph is touched", err)
}

// mostUnknown bounds the files of a diff that are named because the graph lacks them.
const mostUnknown = 10

type pathIn struct {
	symbolIn
	To string `json:"to" jsonschema:"the symbol at the end of the path, named in the same way as symbol"`
}

func path(ctx context.Context, c caller, in pathIn) (string, error) {
	if in.To == "" {
		return "", errors.New("to is empty: name the symbol at the end")
	}
	a, err := c.Path(ctx, service.PathRequest{GraphRequest: in.named(c, in.Symbol), To: in.To})
	return in.walked(a, "", "no path of up to six references leads there: the other direction may have one", err)
}

// walked lists the symbols that a walk has reached, followed by more. If there are none, it says
// none, which is the reason.
func (in graphIn) walked(a service.WalkAnswer, more, none string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	rows := make([]string, len(a.Nodes))
	for i, n := range a.Nodes {
		rows[i] = fmt.Sprintf("%d ", n.Depth)
		switch {
		case n.Role != "" && n.Out:
			rows[i] += line(n.By) + " " + n.Role + " → "
		case n.Role != "":
			rows[i] += n.Role + " to " + line(n.By) + " ← "
		}
		rows[i] += line(symbolRow(n.Symbol))
		if n.Test {
			rows[i] += " (test)"
		}
	}
	what := fmt.Sprintf("%d symbols, each with its distance", len(rows))
	if a.More && a.Next == "" {
		what += "; a bound ended the walk, so there may be more"
	}
	return in.rows(a.At, what+more, none, rows, a.Next)
}
