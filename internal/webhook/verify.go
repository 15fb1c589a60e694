package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Verify returns nil if the sender of a request knows one of a hook's secrets, and
// ErrUnauthenticated otherwise. The time of a comparison does not depend on the secret.
func Verify(p Provider, secrets []string, r Request) error {
	f, known := formats[p]
	if !known {
		return ErrUnauthenticated
	}
	verified := false
	for _, secret := range secrets { // try all, so that the time does not tell which one it was
		if secret != "" && f.verify(f, secret, r) {
			verified = true
		}
	}
	if !verified {
		return ErrUnauthenticated
	}
	return nil
}

// Sign returns the signature of a body in the form of most providers' headers: sha256= and the
// HMAC-SHA256 in hex.
func Sign(secret string, body []byte) string {
	return "sha256=" + hex.EncodeToString(mac([]byte(secret), body))
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// verifyBody verifies an HMAC-SHA256 of the body in hex, after sha256= or alone.
// Gitea signs the payload of a form, not the form.
func verifyBody(f format, secret string, r Request) bool {
	text, _ := strings.CutPrefix(r.first(f.signature), "sha256=")
	given, err := hex.DecodeString(text)
	if err != nil || len(given) != sha256.Size {
		return false
	}
	if hmac.Equal(given, mac([]byte(secret), r.Body)) {
		return true
	}
	if !f.form || !isForm(r) {
		return false
	}
	field, found := formPayload(r.Body)
	return found && hmac.Equal(given, mac([]byte(secret), field))
}

const (
	// signingPrefix begins a secret of the Standard Webhooks scheme; base64 follows.
	signingPrefix = "whsec_"
	// signingWindow is the largest difference between the time of a signature and now. It is the
	// tolerance of the reference implementations of Standard Webhooks.
	signingWindow = 5 * time.Minute
	// maxSignatures bounds the signatures of one delivery. A provider sends two while a secret is
	// rotated.
	maxSignatures = 8
)

var now = time.Now // a test sets the clock

// verifyGitLab verifies either of GitLab's schemes. If there is a signature, only that counts.
// Without one, X-Gitlab-Token must hold the secret itself, unless it is a secret for signing, which
// is never sent.
func verifyGitLab(_ format, secret string, r Request) bool {
	if r.Header.Get("Webhook-Signature") != "" {
		return verifyStandard(secret, r)
	}
	token := r.Header.Get("X-Gitlab-Token")
	if token == "" || strings.HasPrefix(secret, signingPrefix) {
		return false
	}
	given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(secret)) // of one length
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// verifyStandard verifies a signature by the rules of Standard Webhooks
// (github.com/standard-webhooks/standard-webhooks): v1, and the HMAC-SHA256 of id.timestamp.body in
// base64. Several signatures are separated by spaces.
func verifyStandard(secret string, r Request) bool {
	id, sent := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || id == "" {
		return false
	}
	if age := now().Sub(time.Unix(seconds, 0)); age > signingWindow || age < -signingWindow {
		return false
	}
	want := mac(signingKey(secret), []byte(id), []byte("."), []byte(sent), []byte("."), r.Body)
	verified, n := false, 0
	for entry := range strings.FieldsSeq(r.Header.Get("Webhook-Signature")) {
		if n++; n > maxSignatures {
			return false
		}
		version, text, _ := strings.Cut(entry, ",")
		given, err := base64.StdEncoding.DecodeString(text)
		if err == nil && version == "v1" && hmac.Equal(given, want) {
			verified = true
		}
	}
	return verified
}

// signingKey returns the key of a secret: the bytes encoded after whsec_, or the secret's own
// bytes.
func signingKey(secret string) []byte {
	text, encoded := strings.CutPrefix(secret, signingPrefix)
	if encoded {
		if key, err := base64.StdEncoding.DecodeString(text); err == nil {
			return key
		}
	}
	return []byte(secret)
}
