package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
)

// visit holds the facts that a page knows about its request, apart from the parameters.
type visit struct {
	who      Caller
	known    bool // the visitor has a session or a token
	csrf     string
	theme    string // light or dark, chosen by the visitor; "": that of the system
	here     string // path and query of the page
	part     bool   // a script asks only for the part of the page that changes
	version  string
	asset    func(name string) string
	palette  *palette
	selected string // the area of the navigation that the page belongs to
}

const themeCookie = "leat_theme"

func (p *Pages) visitOf(r *http.Request, who Caller) visit {
	v := visit{who: who, known: who.Token != "", here: r.URL.RequestURI(), version: p.cfg.Version, asset: p.assets.path, palette: p.palette}
	v.part = r.Header.Get("HX-Request") == "true"
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		v.theme = c.Value
	}
	v.csrf = p.cfg.CSRF(r)
	section, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch section {
	case "", "search":
		v.selected = "search"
	case "repositories", "repository", "file", "symbol", "compare":
		v.selected = "repositories"
	case "pipeline", "admin":
		v.selected = section
	}
	return v
}

// may says whether the visitor's grant has a scope.
func (v visit) may(s access.Scope) bool { return v.known && v.who.Allows(s) }

// whole says whether the visitor may see and steer the whole installation.
func (v visit) whole() bool {
	return v.known && v.who.Grant.Tenant == "" && len(v.who.Repositories) == 0
}

// to returns the address of a page with pairs of parameters, without empty ones. For a grant of the
// installation it keeps the tenant that it looks at.
func (v visit) to(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Add(pairs[i], pairs[i+1])
		}
	}
	if v.who.Grant.Tenant == "" && v.who.Tenant != "" && v.who.Tenant != events.DefaultTenant {
		query.Set("tenant", v.who.Tenant)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// local returns a path and query of this site, or the first page.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\x00\r\n\t") {
		return "/"
	}
	return address
}
