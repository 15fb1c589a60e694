package session

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leatworks/leat/internal/seal"
)

// The names of cookies. A cookie is sealed for its name, so that none passes for another.
const (
	sessionCookie = "leat_session"
	flowCookie    = "leat_login" // of a sign-in under way at a provider
)

// maxCookie is the size in bytes of the largest cookie that browsers keep (RFC 6265, section 6.1),
// less its name and attributes.
const maxCookie = 3800

// cookieName is the name under which the browser knows a cookie. A browser accepts a name with
// __Host- from this host alone, and only over https, so no neighbour in the domain can set one.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// write seals a value into a cookie.
func (s *Sessions) write(w http.ResponseWriter, r *http.Request, name string, value any, lifetime time.Duration) error {
	plain, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the cookie %s: %w", name, err)
	}
	sealed, err := s.cfg.Box.Seal(plain, "cookie\n"+name)
	if err != nil {
		return err
	}
	text := base64.RawURLEncoding.EncodeToString(sealed)
	if len(text) > maxCookie {
		return fmt.Errorf("the cookie %s would have %d bytes, but browsers keep only %d", name, len(text), maxCookie)
	}
	s.set(w, r, name, text, int(lifetime.Seconds()))
	return nil
}

// drop takes a cookie away from the browser.
func (s *Sessions) drop(w http.ResponseWriter, r *http.Request, name string) {
	s.set(w, r, name, "", -1)
}

func (s *Sessions) set(w http.ResponseWriter, r *http.Request, name, text string, seconds int) {
	secure := s.secure(r)
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(name, secure), Value: text, Path: "/", MaxAge: seconds, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// open reads a sealed cookie. It returns false for one that is absent, altered, or sealed
// with another key.
func (s *Sessions) open(r *http.Request, name string, into any) (bool, error) {
	c, err := r.Cookie(cookieName(name, s.secure(r)))
	if err != nil || len(c.Value) > maxCookie {
		return false, nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return false, nil
	}
	plain, err := s.cfg.Box.Open(sealed, "cookie\n"+name)
	if errors.Is(err, seal.ErrNoKey) {
		return false, err
	}
	return err == nil && json.Unmarshal(plain, into) == nil, nil
}

// read returns the session of a request.
func (s *Sessions) read(r *http.Request) (t ticket, err error) {
	found, err := s.open(r, sessionCookie, &t)
	switch {
	case err != nil:
		return t, unavailable(err)
	case !found || t.ID == "":
		return ticket{}, signedOut("you are not signed in")
	case !time.Now().Before(t.Ends):
		return ticket{}, signedOut("your session has ended: sign in again")
	}
	return t, nil
}
