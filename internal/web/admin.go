package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Bounds of the lists of the administration.
const (
	tokensShown     = 100
	deliveriesShown = 50
	auditShown      = 50
	tenantsShown    = 100
)

// admin leads to the first list that the visitor may see.
func (p *Pages) admin(w http.ResponseWriter, r *http.Request, v visit) error {
	to := "/admin/hooks"
	if v.may(access.ScopeAdmin) {
		to = "/admin/tokens"
	}
	http.Redirect(w, r, v.to(to), http.StatusSeeOther)
	return nil
}

// tokensView is the list of tokens.
type tokensView struct {
	service.TokensAnswer
	installation bool
	created      *service.CreatedToken
	now          time.Time
}

// tokens lists the tenant's tokens, or those of the installation.
func (p *Pages) tokens(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.tokenList(w, r, v, nil)
}

func (p *Pages) tokenList(w http.ResponseWriter, r *http.Request, v visit, created *service.CreatedToken) (err error) {
	view := tokensView{installation: v.whole() && r.FormValue("of") == "installation", created: created, now: time.Now()}
	after, _ := uuid.Parse(r.FormValue("after"))
	view.TokensAnswer, err = p.service.Tokens(r.Context(), service.TokensRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Installation: view.installation, After: after, Limit: tokensShown,
	})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, tokensPage(v, view))
}

// changeTokens makes, rotates or revokes a token. Only its answer shows the secret.
func (p *Pages) changeTokens(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	installation := v.whole() && form.Get("of") == "installation"
	id, _ := uuid.Parse(form.Get("id"))
	token := service.TokenRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Installation: installation, ID: id}
	switch form.Get("do") {
	case "create":
		days, err := days(form.Get("days"))
		if err != nil {
			return err
		}
		made, err := p.service.CreateToken(r.Context(), service.CreateTokenRequest{
			Tenant: v.who.Tenant, Reach: v.who.Repositories, Installation: installation, Name: strings.TrimSpace(form.Get("name")),
			Scopes: form["scope"], Repositories: strings.Fields(form.Get("repositories")), Lifetime: days,
		})
		if err != nil {
			return err
		}
		return p.tokenList(w, r, v, &made)
	case "rotate":
		made, err := p.service.RotateToken(r.Context(), service.RotateTokenRequest{TokenRequest: token, Overlap: 24 * time.Hour})
		if err != nil {
			return err
		}
		return p.tokenList(w, r, v, &made)
	case "revoke":
		if _, err := p.service.RevokeToken(r.Context(), token); err != nil {
			return err
		}
	default:
		return &service.Error{Kind: service.Invalid, Reason: "unknown action: a token can be created, rotated or revoked"}
	}
	of := ""
	if installation {
		of = "installation"
	}
	http.Redirect(w, r, v.to("/admin/tokens", "of", of), http.StatusSeeOther)
	return nil
}

// days parses a number of days. An empty text means no end.
func days(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 3660 {
		return 0, &service.Error{Kind: service.Invalid, Field: service.FieldAge, Value: text, Reason: "give 1 to 3,660 days"}
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// tokenState says whether a token is valid.
func tokenState(t catalog.Token, now time.Time) string {
	switch {
	case t.RevokedAt != nil:
		return "revoked"
	case t.Ended(now):
		return "expired"
	}
	return "active"
}

// auditView is the log of changes.
type auditView struct {
	service.AuditAnswer
	action string
	any    bool
	now    time.Time
}

// audit lists who changed what.
func (p *Pages) audit(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	query := r.URL.Query()
	view := auditView{action: strings.TrimSpace(query.Get("action")), any: v.whole() && query.Get("of") == "all", now: time.Now()}
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	view.AuditAnswer, err = p.service.Audit(r.Context(), service.AuditRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, AnyTenant: view.any, Limit: auditShown, AuditFilter: catalog.AuditFilter{Action: view.action, Before: before},
	})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, auditPage(v, view))
}

// tenants lists all tenants.
func (p *Pages) tenants(w http.ResponseWriter, r *http.Request, v visit) error {
	a, err := p.service.Tenants(r.Context(), service.TenantsRequest{After: r.FormValue("after"), Limit: tenantsShown})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, tenantsPage(v, a, time.Now()))
}

// changeTenants makes a tenant, or sets its limits.
func (p *Pages) changeTenants(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	request := service.SetTenantRequest{Tenant: strings.TrimSpace(form.Get("name"))}
	for field, to := range map[string]**int64{"repositories": &request.Repositories, "documents": &request.Documents, "tokens": &request.Tokens} {
		if text := strings.ReplaceAll(strings.TrimSpace(form.Get(field)), ",", ""); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return &service.Error{Kind: service.Invalid, Field: service.FieldLimit, Value: text, Reason: "give a number"}
			}
			*to = &n
		}
	}
	shares := form.Get("shares") != ""
	request.SharesCredentials = &shares
	var err error
	if form.Get("do") == "create" {
		_, err = p.service.CreateTenant(r.Context(), request.Create())
	} else {
		_, err = p.service.SetTenant(r.Context(), request)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/admin/tenants"), http.StatusSeeOther)
	return nil
}

// hasScope says whether this visitor may give a scope. Nobody can give more than they have.
func hasScope(v visit, s access.Scope) bool { return slices.Contains(v.who.Scopes, s) }
