package session

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
)

// The paths at which people sign in and out. This package has a handler for each.
const (
	LoginPath    = "/login"          // GET Sessions.Form, POST Sessions.SignIn
	BeginPath    = "/login/oidc"     // GET Sessions.Begin
	CallbackPath = "/login/callback" // GET Sessions.Callback
	LogoutPath   = "/logout"         // POST Sessions.SignOut
)

// The fields of the form to sign in.
const (
	TokenField = "token"
	NextField  = "next"
)

// Login is the content of the page to sign in. Its form posts TokenField and NextField to
// LoginPath. If there is a provider, a link leads to BeginPath with NextField in its query.
type Login struct {
	Status   int    // status of the answer, which the page writes
	Problem  string // why the person was not let in, in a sentence; "": nothing has been tried
	Provider string // the name of the provider; "": there is none
	Next     string // path that the person wants to see
}

// Form shows the page to sign in.
func (s *Sessions) Form(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, Login{Next: nextOf(r)})
}

func (s *Sessions) page(w http.ResponseWriter, r *http.Request, status int, l Login) {
	l.Status, l.Provider = status, s.Provider()
	noStore(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.cfg.Page(w, r, l)
}

// Provider is the name of the provider by which people sign in, "" if there is none.
func (s *Sessions) Provider() string {
	if s.provider == nil {
		return ""
	}
	return s.provider.cfg.Name
}

// Bearer returns the grant of the token in a form to sign in.
func (s *Sessions) Bearer(r *http.Request) (access.Grant, error) {
	if err := s.checkOrigin(r); err != nil {
		return access.Grant{}, err
	}
	return s.service.Authenticate(r.Context(), strings.TrimSpace(formValue(r, TokenField)))
}

// SignIn begins a session for the token in a form.
func (s *Sessions) SignIn(w http.ResponseWriter, r *http.Request) {
	g, err := s.Bearer(r) // not the grant in the context: the session is that of the form's token
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	hash, _ := access.ParseToken(strings.TrimSpace(formValue(r, TokenField)))
	r = r.WithContext(access.With(r.Context(), g))
	s.enter(w, r, ticket{Hash: hash[:]}, service.SessionAct{Act: service.SessionBegun, Method: "token"}, nextOf(r))
}

// enter records in the audit log who signs in, gives the browser its cookie, and leads it on.
func (s *Sessions) enter(w http.ResponseWriter, r *http.Request, t ticket, act service.SessionAct, next string) {
	if err := s.cfg.Box.Usable(); err != nil {
		s.refuse(w, r, unavailable(err))
		return
	}
	if err := s.service.NoteSession(r.Context(), act); err != nil {
		s.refuse(w, r, err)
		return
	}
	if err := s.begin(w, r, t); err != nil {
		s.refuse(w, r, unavailable(err))
		return
	}
	noStore(w)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// SignOut ends the browser's session at every gateway, so a copy of its cookie is worth nothing
// afterwards. Its door asks Grant first, and the context carries the answer.
func (s *Sessions) SignOut(w http.ResponseWriter, r *http.Request) {
	t, err := s.read(r)
	if err == nil {
		act := service.SessionAct{Act: service.SessionEnded, Method: t.method(), Subject: t.Subject, Role: t.Role}
		err = s.service.EndSession(r.Context(), act, t.ID, t.Ends)
	}
	if err != nil && !errors.Is(err, service.Unauthenticated) { // the browser keeps its cookie, so that it can try again
		s.log.ErrorContext(r.Context(), "a session could not be ended", "error", err)
		s.page(w, r, http.StatusServiceUnavailable, Login{Problem: "You could not be signed out just now: try again in a few seconds.", Next: nextOf(r)})
		return
	}
	s.drop(w, r, sessionCookie)
	noStore(w)
	http.Redirect(w, r, LoginPath, http.StatusSeeOther)
}

// Refuse answers a page's request that is not admitted. It leads a person who is not signed in to
// the page to sign in, and from there back. The status follows from the error. detail is the error
// as a sentence.
func (s *Sessions) Refuse(w http.ResponseWriter, r *http.Request, status int, detail string) {
	if status != http.StatusUnauthorized || r.URL.Path == LoginPath {
		s.page(w, r, status, Login{Problem: detail, Next: nextOf(r)})
		return
	}
	next := "/"
	if isSafe(r.Method) {
		next = r.URL.RequestURI()
	}
	noStore(w)
	http.Redirect(w, r, LoginPath+"?"+url.Values{NextField: {next}}.Encode(), http.StatusSeeOther)
}

// refuse shows the page to sign in with the reason.
func (s *Sessions) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := explain(err)
	if status == http.StatusServiceUnavailable {
		s.log.ErrorContext(r.Context(), "a person could not sign in", "error", err)
	}
	s.page(w, r, status, Login{Problem: detail, Next: nextOf(r)})
}

// explain turns an error into a status and a sentence. The cause of a failure stays in the log,
// because it may name hosts.
func explain(err error) (status int, detail string) {
	var known *service.Error
	switch {
	case errors.Is(err, errProvider):
		return http.StatusServiceUnavailable, "The provider does not answer: try again later, or sign in with a token."
	case errors.Is(err, seal.ErrNoKey):
		return http.StatusServiceUnavailable, "This gateway has no key to seal cookies with: set LEAT_SECRET_KEY, or LEAT_SECRET_KEY_FILE."
	case !errors.As(err, &known), known.Kind == service.Unavailable:
		return http.StatusServiceUnavailable, "Nobody can sign in just now: try again in a few seconds."
	case known.Kind == service.Unauthenticated:
		status = http.StatusUnauthorized
	case known.Kind == service.NotFound:
		status = http.StatusNotFound
	default:
		status = http.StatusForbidden
	}
	text := known.Error()
	return status, strings.ToUpper(text[:1]) + text[1:] + "."
}

// nextOf returns the path that a person wants to go to after signing in. It leads to no
// other site.
func nextOf(r *http.Request) string {
	next := r.URL.Query().Get(NextField)
	if r.Method == http.MethodPost {
		next = formValue(r, NextField)
	}
	u, err := url.Parse(next)
	bad := err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\") || len(next) > maxNext || strings.HasPrefix(u.Path, LoginPath) || strings.HasPrefix(u.Path, LogoutPath) ||
		strings.HasPrefix(u.Path, "//")
	if bad {
		return "/"
	}
	return next
}

// maxNext bounds the path to go back to, in bytes, so that a cookie has room for it.
const maxNext = 1500

func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }
