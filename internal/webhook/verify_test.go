package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

var body = []byte(`{"event":"ping"}`)

func request(header ...string) Request {
	r := Request{Header: http.Header{}, Body: body}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// Every provider refuses a delivery whose signature is missing, wrong, made with another secret, or
// not a signature at all.
func TestSignatures(t *testing.T) {
	good := Sign("right", body)
	upper := "sha256=" + strings.ToUpper(hex.EncodeToString(mac([]byte("right"), body)))
	for p, f := range formats {
		if len(f.signature) == 0 {
			continue // GitLab has its own test
		}
		for _, header := range f.signature {
			for _, test := range []struct {
				value string
				ok    bool
			}{
				{good, true}, {strings.TrimPrefix(good, "sha256="), true}, {upper, true},
				{"", false}, {"sha256=", false}, {"sha256", false}, {"=", false}, {"sha1=" + good, false}, {"sha256=0", false}, {"sha256=zz", false},
				{good[:len(good)-1], false}, {good[:len(good)-2], false}, {good + "00", false}, {Sign("wrong", body), false},
				{Sign("right", body[1:]), false}, {Sign("", body), false}, {strings.Repeat("0", 64), false}, {strings.Repeat("a", 1<<20), false}, {"\xff\x00", false},
			} {
				err := Verify(p, []string{"right"}, request(header, test.value, "Content-Type", "application/json"))
				if test.ok && err != nil || !test.ok && !errors.Is(err, ErrUnauthenticated) {
					t.Errorf("%s with %s %.80q: %v", p, header, test.value, err)
				}
			}
		}
		if err := Verify(p, []string{"right"}, request()); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s without a signature: %v", p, err)
		}
	}
}

// While a secret is rotated, both secrets are valid. An empty secret never is.
func TestSecrets(t *testing.T) {
	r := request("X-Hub-Signature-256", Sign("old", body))
	for _, test := range []struct {
		secrets []string
		ok      bool
	}{
		{[]string{"new", "old"}, true}, {[]string{"old"}, true}, {[]string{"new"}, false}, {nil, false},
	} {
		if err := Verify(GitHub, test.secrets, r); (err == nil) != test.ok {
			t.Errorf("%v: %v", test.secrets, err)
		}
	}
	if err := Verify(GitHub, []string{""}, request("X-Hub-Signature-256", Sign("", body))); err == nil {
		t.Error("an empty secret signs")
	}
	if err := Verify(GitLab, []string{""}, request("X-Gitlab-Token", "")); err == nil {
		t.Error("an empty token is taken")
	}
	if err := Verify("sourceforge", []string{"s"}, r); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("an unknown provider: %v", err)
	}
}

// GitHub signs the form, Gitea the payload in it.
func TestSignedForms(t *testing.T) {
	form := []byte(url.Values{"payload": {string(body)}}.Encode())
	for _, test := range []struct {
		p      Provider
		header string
		signed []byte
	}{
		{GitHub, "X-Hub-Signature-256", form}, {Gitea, "X-Gitea-Signature", body}, {Forgejo, "X-Forgejo-Signature", body},
	} {
		r := request(test.header, Sign("s", test.signed), "Content-Type", "application/x-www-form-urlencoded")
		r.Body = form
		if err := Verify(test.p, []string{"s"}, r); err != nil {
			t.Errorf("%s: %v", test.p, err)
		}
		r.Body = append(form, "&payload=%7B%7D"...)
		if err := Verify(test.p, []string{"s"}, r); err == nil {
			t.Errorf("%s: a second payload beside the signed one is taken", test.p)
		}
	}
}

func TestGitLabToken(t *testing.T) {
	for _, test := range []struct {
		secret, token string
		ok            bool
	}{
		{"right", "right", true}, {"right", "wrong", false}, {"right", "", false}, {"right", "righ", false}, {"right", "right ", false},
		{"whsec_cmlnaHQ=", "whsec_cmlnaHQ=", false}, // a secret for signing is never sent
	} {
		err := Verify(GitLab, []string{test.secret}, request("X-Gitlab-Token", test.token))
		if (err == nil) != test.ok {
			t.Errorf("secret %q, token %q: %v", test.secret, test.token, err)
		}
	}
}

// The example of the specification of Standard Webhooks.
func TestStandardWebhooks(t *testing.T) {
	sent := time.Unix(1614265330, 0)
	now = func() time.Time { return sent.Add(time.Minute) }
	defer func() { now = time.Now }()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	example := func(change ...string) Request {
		r := request("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp", "1614265330", "webhook-signature", signature)
		for i := 0; i < len(change); i += 2 {
			r.Header.Set(change[i], change[i+1])
		}
		r.Body = []byte(`{"test": 2432232314}`)
		return r
	}
	for _, test := range []struct {
		name   string
		change []string
		ok     bool
	}{
		{"as it is", nil, true},
		{"one of two", []string{"webhook-signature", "v1,AAAA " + signature}, true},
		{"beside a signature of another kind", []string{"webhook-signature", "v1a,AAAA " + signature}, true},
		{"of another version", []string{"webhook-signature", "v2" + strings.TrimPrefix(signature, "v1")}, false},
		{"not base64", []string{"webhook-signature", "v1,*"}, false},
		{"short", []string{"webhook-signature", "v1,"}, false},
		{"no comma", []string{"webhook-signature", "v1"}, false},
		{"too many", []string{"webhook-signature", strings.Repeat("v1,AAAA ", 100) + signature}, false},
		{"another id", []string{"webhook-id", "msg_other"}, false},
		{"no id", []string{"webhook-id", ""}, false},
		{"another time", []string{"webhook-timestamp", "1614265331"}, false},
		{"no time", []string{"webhook-timestamp", ""}, false},
		{"a time that is none", []string{"webhook-timestamp", "soon"}, false},
		{"a token beside a wrong signature", []string{"webhook-signature", "v1,AAAA", "X-Gitlab-Token", secret}, false},
	} {
		if err := Verify(GitLab, []string{secret}, example(test.change...)); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, age := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		now = func() time.Time { return sent.Add(age) }
		if err := Verify(GitLab, []string{secret}, example()); err == nil {
			t.Errorf("a signature of %s ago is taken", age)
		}
	}
	now = func() time.Time { return time.Unix(1, 0) }
	for _, when := range []string{"9223372036854775807", "-9223372036854775808"} {
		if err := Verify(GitLab, []string{secret}, example("webhook-timestamp", when)); err == nil {
			t.Errorf("time %s is taken", when)
		}
	}
}

// A secret for signing that a person chose may not be base64.
func TestPlainSigningSecret(t *testing.T) {
	sent := strconv.FormatInt(time.Now().Unix(), 10)
	text := base64.StdEncoding.EncodeToString(mac([]byte("chosen"), []byte("id."+sent+"."), body))
	r := request("webhook-id", "id", "webhook-timestamp", sent, "webhook-signature", "v1,"+text)
	if err := Verify(GitLab, []string{"chosen"}, r); err != nil {
		t.Error(err)
	}
	if len(mac(nil)) != sha256.Size {
		t.Error("the MAC has another size")
	}
}
