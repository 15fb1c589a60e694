package web

import (
	"net/http"
	"strconv"

	"github.com/leatworks/leat/internal/service"
)

const (
	// usesShown bounds each list of uses on a page, and symbolsFound a list of definitions.
	usesShown    = 40
	symbolsFound = 100
	// linesOfUse bounds the lines of one use that are shown.
	linesOfUse = 6
)

// symbolView is the content of the page of a symbol.
type symbolView struct {
	service.At
	asked  string           // the text that the visitor wrote
	role   string           // only uses in this role; "": any role
	across bool             // only uses across repositories
	symbol service.Symbol   // the zero symbol: the visitor has yet to choose
	choice []service.Symbol // definitions that may be meant
	held   service.HeldAnswer
	in     service.UsesAnswer // uses that refer to the symbol
	out    service.UsesAnswer // uses that the symbol makes
}

// symbol shows a symbol or a file with its neighbourhood, or symbols to choose from.
func (p *Pages) symbol(w http.ResponseWriter, r *http.Request, v visit) error {
	query := r.URL.Query()
	of := service.GraphRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: query.Get("repository"), Ref: query.Get("ref"), Symbol: query.Get("symbol"),
	}
	view := symbolView{asked: of.Symbol, role: query.Get("role"), across: query.Get("across") != ""}
	uses := service.UsesRequest{GraphRequest: of, Across: view.across, After: query.Get("in"), Limit: usesShown}
	if view.role != "" {
		uses.Roles = []string{view.role}
	}
	err := error(nil)
	if of.Symbol != "" {
		view.in, err = p.service.Uses(r.Context(), uses)
	}
	missing := notFound(err, service.FieldSymbol) != nil
	if err != nil && !missing {
		return err
	}
	if len(view.in.Symbols) != 1 {
		return p.choose(w, r, v, of, view)
	}
	view.At, view.symbol = view.in.At, view.in.Symbols[0]
	uses.Symbol, uses.After, uses.Outward = view.symbol.ID, query.Get("out"), true
	if view.out, err = p.service.Uses(r.Context(), uses); err != nil {
		return err
	}
	of.Symbol = view.symbol.ID
	if view.held, err = p.service.Held(r.Context(), of); err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, symbolPage(v, view))
}

// choose lists the definitions that a name may mean, or whose names begin with it.
func (p *Pages) choose(w http.ResponseWriter, r *http.Request, v visit, of service.GraphRequest, view symbolView) error {
	found, err := p.service.Symbols(r.Context(), service.SymbolsRequest{GraphRequest: of, Prefix: true, Limit: symbolsFound})
	if err != nil {
		return err
	}
	view.At, view.choice = found.At, found.Symbols
	if len(view.in.Symbols) > 0 {
		view.choice = view.in.Symbols[:min(len(view.in.Symbols), symbolsFound)]
	}
	return p.show(w, r, http.StatusOK, symbolsPage(v, view))
}

// link is the address of the page of a symbol of the same graph.
func (s symbolView) link(v visit, id string, pairs ...string) string {
	return v.to("/symbol", append([]string{"repository", s.ID, "ref", shortRef(s.Ref), "symbol", id}, pairs...)...)
}

// tab is the address of the same symbol with the uses in a role, or across repositories.
func (s symbolView) tab(v visit, role string, across bool, pairs ...string) string {
	if across {
		pairs = append(pairs, "across", "1")
	}
	return s.link(v, s.symbol.ID, append([]string{"role", role}, pairs...)...)
}

// elsewhere returns the graph that holds the end of a use: that of another repository, or the same
// one.
func (s symbolView) elsewhere(u service.Use, other bool) symbolView {
	if other && u.Elsewhere != nil {
		s.At = *u.Elsewhere
	}
	return s
}

// code is the address of lines of a file of the same graph.
func (s symbolView) code(v visit, path string, first, last int) string {
	if first < 1 {
		return v.to("/file", "repository", s.ID, "ref", shortRef(s.Ref), "path", path)
	}
	lines := digits(first) + "-" + digits(last)
	return v.to("/file", "repository", s.ID, "ref", shortRef(s.Ref), "path", path, "lines", lines) + "#L" + digits(first)
}

// symbolName returns the name of a symbol; that of a file is its path.
func symbolName(s service.Symbol) string {
	if s.Kind == "file" {
		return s.Path
	}
	return s.Qualified
}

// sure says whether a use is almost certain.
func sure(u service.Use) bool { return u.Confidence >= 0.8 }

// confidence writes the confidence of a use, 0 to 1.
func confidence(u service.Use) string { return strconv.FormatFloat(u.Confidence, 'f', 2, 64) }
