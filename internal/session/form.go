package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/leatworks/leat/internal/service"
)

// A page proves that it belongs to the session with a field in each form, or with a header that its
// script sends.
const (
	FormField  = "csrf"
	FormHeader = "X-CSRF-Token"
)

// maxForm bounds the bytes of a form that are read for its field.
const maxForm = 1 << 20

// CSRF returns the proof that the forms of a page send along to show that they belong to the
// request's session. It is "" if nobody is signed in.
func (s *Sessions) CSRF(r *http.Request) string {
	t, err := s.read(r)
	if err != nil {
		return ""
	}
	return proof(t)
}

// proof is derived from the session's random id, which nobody but the gateways can read.
func proof(t ticket) string {
	mac := hmac.New(sha256.New, []byte(t.ID))
	mac.Write([]byte(FormField))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkForm refuses a request that may change something unless it shows the session's
// proof.
func (s *Sessions) checkForm(r *http.Request, t ticket) error {
	if isSafe(r.Method) {
		return nil
	}
	if err := s.checkOrigin(r); err != nil {
		return err
	}
	shown := r.Header.Get(FormHeader)
	if shown == "" {
		shown = formValue(r, FormField)
	}
	if !hmac.Equal([]byte(shown), []byte(proof(t))) {
		return denied("this form does not belong to your session, or is too old: load the page again")
	}
	return nil
}

// checkOrigin refuses a request that a browser sends for a page of another site.
func (s *Sessions) checkOrigin(r *http.Request) error {
	if err := s.origins.Check(r); err != nil {
		return denied("this request comes from a page of another site")
	}
	return nil
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// formValue returns a field of a form in the body.
func formValue(r *http.Request, field string) string {
	if r.PostForm == nil {
		r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	}
	return r.PostFormValue(field)
}

func unavailable(err error) error { return &service.Error{Kind: service.Unavailable, Err: err} }
