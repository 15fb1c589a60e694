package gateway

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// The names by which the provider knows leat.
const (
	clientID     = "leat"
	clientSecret = "the secret of the client"
)

// identity is a provider of OpenID Connect with everything that a sign-in needs.
type identity struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu       sync.Mutex
	codes    map[string]url.Values       // of the request, by the code that was given for it; a code serves once
	claims   map[string]any              // of the next ID tokens, over the usual ones; nil removes one
	sign     func(payload string) string // default: with the key
	answer   func(token map[string]any)  // changes the answer to a code
	requests []string
}

func provide(t *testing.T) *identity {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &identity{key: key, codes: make(map[string]url.Values)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.requests = append(p.requests, r.URL.Path)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// authorize signs every person in, without asking.
func (p *identity) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != clientID || asked.Get("response_type") != "code" || asked.Get("code_challenge_method") != "S256" {
		http.Error(w, "a request of another form", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.codes[code] = asked
	back := url.Values{"code": {code}, "state": {asked.Get("state")}}
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *identity) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	asked, found := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !found || id != clientID || secret != url.QueryEscape(clientSecret) || asked.Get("code_challenge") != encode(sum[:]) || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		write(w, map[string]any{"error": "invalid_grant", "error_description": clientSecret})
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "sub": "ada-1", "aud": clientID, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": asked.Get("nonce"),
		"preferred_username": "ada", "roles": []string{"reader"},
	}
	maps.Copy(claims, p.claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	payload, _ := json.Marshal(claims)
	sign := p.sign
	if sign == nil {
		sign = func(payload string) string { return sealed(p.key, payload) }
	}
	answer := map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": sign(encode(payload))}
	if p.answer != nil {
		p.answer(answer)
	}
	write(w, answer)
}

// sealed is an ID token signed with a key.
func sealed(key *rsa.PrivateKey, payload string) string {
	text := encode([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + payload
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + encode(signature)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// change changes the answers of the provider from now on.
func (p *identity) change(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims, p.sign, p.answer = nil, nil, nil
	fn()
}
