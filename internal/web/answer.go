package web

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/leatworks/leat/internal/service"
)

// show writes a whole page. If the page fails, it writes nothing.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var html bytes.Buffer
	if err := page.Render(r.Context(), &html); err != nil {
		return err
	}
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes()) // it fails only if the client has gone
	return nil
}

// fail shows what went wrong, for example that the request took too long. It asks an unknown
// visitor to sign in.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, v visit, f Failure) {
	content := failurePage(v, f)
	switch {
	case v.part:
		content = failureNote(f)
	case f.Status == http.StatusUnauthorized:
		content = loginPage(v, Login{Provider: p.cfg.Provider, Begin: p.cfg.Begin, Next: local(v.here)})
	}
	if err := p.show(w, r.WithContext(context.WithoutCancel(r.Context())), f.Status, content); err != nil {
		p.log.ErrorContext(r.Context(), "could not show an error to a visitor", "error", err)
	}
}

// Refuse answers a request that may not reach its page.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request, f Failure) {
	headers(w)
	p.fail(w, r, p.visitOf(r, Caller{}), f)
}

// Absent answers a request for a page that does not exist.
func (p *Pages) Absent(w http.ResponseWriter, r *http.Request) {
	p.Refuse(w, r, Failure{Status: http.StatusNotFound, Detail: "There is no page at this address."})
}

// readForm reads a form of text.
func readForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &service.Error{Kind: service.Invalid, Field: service.FieldBody, Reason: "the form could not be read"}
	}
	for name, values := range r.PostForm {
		for _, value := range append(values, name) {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return &service.Error{Kind: service.Invalid, Field: service.FieldBody, Reason: "the form holds NUL, or bytes that are not UTF-8"}
			}
		}
	}
	return nil
}

// Login shows the page to sign in, with a status.
func (p *Pages) Login(w http.ResponseWriter, r *http.Request, status int, l Login) {
	headers(w)
	if err := p.show(w, r, status, loginPage(p.visitOf(r, Caller{}), l)); err != nil {
		p.log.ErrorContext(r.Context(), "could not show the page to sign in", "error", err)
	}
}

// theme remembers the colours that the visitor chose, and goes back.
func (p *Pages) theme(w http.ResponseWriter, r *http.Request, _ visit) error {
	c := &http.Cookie{Name: themeCookie, Value: r.PostFormValue("theme"), Path: "/", MaxAge: 400 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil}
	if c.Value != "light" && c.Value != "dark" {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, local(cmp.Or(r.PostFormValue("next"), "/")), http.StatusSeeOther)
	return nil
}
