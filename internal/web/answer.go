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

// show writes a whole page, or nothing of it if it cannot be written.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var html bytes.Buffer
	if err := page.Render(r.Context(), &html); err != nil {
		return err
	}
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes()) // the client has gone if it fails
	return nil
}

// fail shows what went wrong, which may be that the request took too long. Who is not known
// is asked to sign in.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, v visit, f Failure) {
	content := failurePage(v, f)
	switch {
	case v.part:
		content = failureNote(f)
	case f.Status == http.StatusUnauthorized:
		content = loginPage(v, Login{Provider: p.cfg.Provider, Begin: p.cfg.Begin, Next: local(v.here)})
	}
	if err := p.show(w, r.WithContext(context.WithoutCancel(r.Context())), f.Status, content); err != nil {
		p.log.ErrorContext(r.Context(), "an error could not be shown", "error", err)
	}
}

// Refuse answers a request that does not reach its page.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request, f Failure) {
	headers(w)
	p.fail(w, r, p.visitOf(r, Caller{}), f)
}

// Absent answers where there is no page.
func (p *Pages) Absent(w http.ResponseWriter, r *http.Request) {
	p.Refuse(w, r, Failure{Status: http.StatusNotFound, Detail: "There is no page at this address."})
}

// readForm reads a form of text.
func readForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &service.Error{Kind: service.Invalid, Field: service.FieldBody, Reason: "the form cannot be read"}
	}
	for name, values := range r.PostForm {
		for _, value := range append(values, name) {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return &service.Error{Kind: service.Invalid, Field: service.FieldBody, Reason: "the form holds bytes that are not text in UTF-8, or NUL"}
			}
		}
	}
	return nil
}

// Login shows the page to sign in, under a status.
func (p *Pages) Login(w http.ResponseWriter, r *http.Request, status int, l Login) {
	headers(w)
	if err := p.show(w, r, status, loginPage(p.visitOf(r, Caller{}), l)); err != nil {
		p.log.ErrorContext(r.Context(), "the page to sign in cannot be shown", "error", err)
	}
}

// theme keeps the colours that the visitor chose, and goes back.
func (p *Pages) theme(w http.ResponseWriter, r *http.Request, _ visit) error {
	c := &http.Cookie{Name: themeCookie, Value: r.PostFormValue("theme"), Path: "/", MaxAge: 400 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil}
	if c.Value != "light" && c.Value != "dark" {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, local(cmp.Or(r.PostFormValue("next"), "/")), http.StatusSeeOther)
	return nil
}
