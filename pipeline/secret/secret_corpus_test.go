package secret

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
)

// sample is one or more lines of a file. The masked text must not hold secret. If secret is empty, nothing may be
// masked.
type sample struct {
	kind, text, secret string
}

// generator makes samples in the formats that providers publish. It assembles the tokens, so that the source tree holds
// none.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

func (g generator) of(set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[g.IntN(len(set))]
	}
	return string(b)
}

func (g generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

const (
	base62 = digits + uppers + lowers
	safe64 = base62 + "-_"
	hexes  = digits + "abcdef"
	std64  = base62 + "+/"
)

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// tokens returns tokens, each in a format of one provider.
func (g generator) tokens() map[string]string {
	return map[string]string{
		"github classic":      g.pick("ghp_", "gho_", "ghu_", "ghs_", "ghr_") + g.of(base62, 36),
		"github fine-grained": "github_pat_" + g.of(base62, 22) + "_" + g.of(base62, 59),
		"gitlab":              g.pick("glpat-", "gldt-", "glrt-", "glptt-") + g.of(safe64, 19) + g.of(base62, 1),
		"gitlab routable":     "glpat-" + g.of(base62, 27) + ".01." + g.of(lowAlnumSet, 9),
		"aws access key":      g.pick("AKIA", "ASIA") + g.of(uppers+"234567", 16),
		"gcp api key":         "AIza" + g.of(safe64, 34) + g.of(base62, 1),
		"gcp oauth":           "GOCSPX-" + g.of(safe64, 27) + g.of(base62, 1),
		"slack bot":           "xoxb-" + g.of(digits, 12) + "-" + g.of(digits, 12) + "-" + g.of(base62, 24),
		"slack app":           "xapp-1-A" + g.of(uppers+digits, 10) + "-" + g.of(digits, 13) + "-" + g.of(hexes, 64),
		"stripe":              g.pick("sk_live_", "rk_live_") + g.of(base62, 24),
		"stripe long":         "sk_live_51" + g.of(base62, 97),
		"npm":                 "npm_" + g.of(base62, 36),
		"pypi":                "pypi-AgEIcHlwaS5vcmc" + g.of(safe64, 150) + g.of(base62, 1),
		"rubygems":            "rubygems_" + g.of(hexes, 48),
		"crates":              "cio" + g.of(base62, 32),
		"nuget":               "oy2" + g.of(lowAlnumSet, 43),
		"docker":              "dckr_pat_" + g.of(safe64, 26) + g.of(base62, 1),
		"openai project":      "sk-proj-" + g.of(safe64, 74) + "T3BlbkFJ" + g.of(base62, 74),
		"openai old":          "sk-" + g.of(base62, 20) + "T3BlbkFJ" + g.of(base62, 20),
		"anthropic":           "sk-ant-api03-" + g.of(safe64, 93) + "AA",
		"huggingface":         "hf_" + g.of(uppers+lowers, 34),
		"vault":               "hvs." + g.of(base62, 24),
		"vault long":          "hvs.CAESI" + g.of(safe64, 80) + g.of(base62, 1),
		"terraform":           g.of(base62, 14) + ".atlasv1." + g.of(base62, 67),
		"twilio":              "SK" + g.of(hexes, 32),
		"sendgrid":            "SG." + g.of(safe64, 22) + "." + g.of(safe64, 42) + g.of(base62, 1),
		"mailgun":             "key-" + g.of(hexes, 32),
		"mailchimp":           g.of(hexes, 32) + "-us" + g.of("123456789", 1),
		"shopify":             "shpat_" + g.of(hexes, 32),
		"square":              "sq0csp-" + g.of(safe64, 42) + g.of(base62, 1),
		"digitalocean":        "dop_v1_" + g.of(hexes, 64),
		"databricks":          "dapi" + g.of(hexes, 32),
		"grafana":             "glsa_" + g.of(base62, 32) + "_" + g.of(hexes, 8),
		"new relic":           "NRAK-" + g.of(uppers+digits, 27),
		"pulumi":              "pul-" + g.of(hexes, 40),
		"azure client secret": g.of(base62, 3) + "8Q~" + g.of(base62+"-_.", 33) + g.of(base62, 1),
		"azure devops":        g.of(base62, 76) + "AZDO" + g.of(base62, 4),
		"telegram":            g.of("123456789", 10) + ":AA" + g.of(safe64, 32) + g.of(base62, 1),
		"age":                 "AGE-SECRET-KEY-1" + g.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
		"jwt":                 g.jwt(),
	}
}

const lowAlnumSet = digits + lowers

func (g generator) jwt() string {
	part := func(format string, args ...any) string {
		return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, format, args...))
	}
	return part(`{"alg":"HS256","typ":"JWT"}`) + "." + part(`{"sub":"%d","iat":%d}`, g.IntN(1e9), g.IntN(1e9)) + "." +
		base64.RawURLEncoding.EncodeToString(g.bytes(32))
}

// password returns a password such as a person or a program chooses: letters and digits, and mostly marks too.
func (g generator) password() string {
	return g.of(base62, 3+g.IntN(8)) + g.of(digits, 1) + g.of(lowers, 1) + g.of("!@#^*-_", g.IntN(2)) + g.of(uppers, 1) + g.of(digits, 1) + g.of(lowers, 2)
}

// key returns a value such as a program makes.
func (g generator) key() string {
	switch g.IntN(3) {
	case 0:
		return g.of(hexes, g.pick2(32, 40, 64))
	case 1:
		return base64.StdEncoding.EncodeToString(g.bytes(30))
	}
	return g.of(base62, 24+g.IntN(24))
}

func (g generator) pick2(list ...int) int { return list[g.IntN(len(list))] }

// places holds texts in which tokens are found.
var places = []string{
	"TOKEN=%s\n", "export X_KEY='%s'\n", "\tclient := New(\"%s\")\n", "  key: %s\n", "{\"k\": \"%s\", \"n\": 1}\n", "# curl -H 'X-Key: %s' https://h/\n",
	"see %s.\n", "https://h/p?key=%s&x=1\n", "<v>%s</v>\n", "a,%s,b\n", "text\\n%s\\n\n",
}

// passwordPlaces and keyPlaces hold assignments of a password and of a key.
var passwordPlaces = []string{
	"password = \"%s\"\n", "DB_PASSWORD=%s\n", "  password: %s\n", "  \"password\": \"%s\",\n", "const dbPassword = '%s';\n",
	"String adminPasswd = \"%s\";\n", "password := \"%s\"\n", "<password>%s</password>\n", "config['password'] = '%s'\n", "conn = f\"Server=h;Pwd=%s;Timeout=3\"\n",
	"var password string = \"%s\"\n", "password: string = \"%s\",\n", "mysql --password=%s -u root\n", "'password' => '%s',\n", ".withPassword(\"%s\")\n",
	"<add key=\"password\" value=\"%s\"/>\n", "if (password == \"%s\") {\n", "IDENTIFIED BY '%s';\n", "{\\\"password\\\":\\\"%s\\\"}\n",
	"postgres://app:%s@db.internal:5432/app\n", "url: amqp://svc:%s@mq/vhost\n", "db, err := sql.Open(\"mysql\", \"app:%s@tcp(db:3306)/x\")\n",
	"spring.datasource.password=%s\n", "machine h login u password=%s\n",
}

var keyPlaces = []string{
	"aws_secret_access_key = %s\n", "API_KEY=%s\n", "api_key: \"%s\"\n", "\"clientSecret\": \"%s\",\n", "secretKey := \"%s\"\n", "auth_token='%s'\n",
	"ENCRYPTION_KEY: '%s'\n", "access_key => \"%s\"\n", "_authToken=%s\n", "const apiKey = `%s`\n", "jwt.secret=%s\n", "--api-key %s\n",
}

// positives returns samples with secrets, n of each kind.
func (g generator) positives(n int) []sample {
	var list []sample
	for range n {
		for kind, token := range g.tokens() {
			list = append(list, sample{kind, fmt.Sprintf(g.pick(places...), token), token})
		}
		for _, place := range passwordPlaces {
			p := g.password()
			if strings.Contains(place, "://") {
				p = strings.ReplaceAll(p, "#", "%23") // as RFC 3986 requires
			}
			list = append(list, sample{"password: " + strings.TrimSpace(place), fmt.Sprintf(place, p), p})
		}
		for _, place := range keyPlaces {
			k := g.key()
			list = append(list, sample{"key: " + strings.TrimSpace(place), fmt.Sprintf(place, k), k})
		}
		list = append(list, g.armored()...)
	}
	return list
}

func wrap(s string, n int, end string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + end)
		s = s[n:]
	}
	return b.String() + s
}

func (g generator) armored() []sample {
	var list []sample
	for label, size := range map[string]int{"RSA PRIVATE KEY": 1190, "PRIVATE KEY": 48, "EC PRIVATE KEY": 121, "OPENSSH PRIVATE KEY": 400, "ENCRYPTED PRIVATE KEY": 1300, "PGP PRIVATE KEY BLOCK": 900} {
		body := base64.StdEncoding.EncodeToString(g.bytes(size))
		tail := body[len(body)-12:]
		begin, end := "-----BEGIN "+label+"-----", "-----END "+label+"-----"
		list = append(list,
			sample{label, begin + "\n" + wrap(body, 64, "\n") + "\n" + end + "\n", tail},
			sample{label + " in JSON", "{\"private_key\": \"" + begin + "\\n" + wrap(body, 64, "\\n") + "\\n" + end + "\\n\"}\n", tail},
			sample{label + " in YAML", "key: |\n  " + begin + "\n  " + wrap(body, 64, "\n  ") + "\n  " + end + "\n", tail},
			sample{label + " in literals", "k := \"" + begin + "\\n\" +\n\t\"" + wrap(body, 64, "\\n\" +\n\t\"") + "\\n\" +\n\t\"" + end + "\"\n", tail},
			sample{label + " cut short", begin + "\n" + wrap(body, 64, "\n") + "\n", tail})
	}
	return list
}

// negatives returns samples without secrets, n of each kind.
func (g generator) negatives(n int) []sample {
	var list []sample
	add := func(kind, format string, args ...any) {
		list = append(list, sample{kind: kind, text: fmt.Sprintf(format, args...) + "\n"})
	}
	hash := func() string { s := sha256.Sum256(g.bytes(8)); return hex.EncodeToString(s[:]) }
	uuid := func() string {
		return g.of(hexes, 8) + "-" + g.of(hexes, 4) + "-4" + g.of(hexes, 3) + "-a" + g.of(hexes, 3) + "-" + g.of(hexes, 12)
	}
	for range n {
		add("placeholder", "password = %q", g.pick("changeme", "your-password", "<password>", "${DB_PASSWORD}", "{{ .Values.password }}", "********", "example", "secret", "password123", "%s"))
		add("placeholder", "API_KEY=%s", g.pick("your_api_key_here", "xxxxxxxxxxxxxxxxxxxxxxxx", "$API_KEY", "<API_KEY>", "INSERT_KEY_HERE", "changeme-changeme-changeme", "0000000000000000000000"))
		add("placeholder", "token: %s", g.pick("${{ secrets.GITHUB_TOKEN }}", "$(cat /run/token)", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "null", "sk-YOUR-API-KEY", "ghp_1234567890abcdefghijklmnopqrstuvwxyz"))
		add("placeholder", "AKIAIOSFODNN7"+"EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCY"+"EXAMPLEKEY")
		add("placeholder", "postgres://%s@localhost/db", g.pick("user:password", "postgres:postgres", "USER:PASS", "${USER}:${PASS}", "u:<password>", "root:secret"))
		add("code", "password := %s", g.pick("os.Getenv(\"PASSWORD\")", "getPassword(ctx)", "cfg.Password", "r.FormValue(\"password\")", "hash2base64(p)", "args[1]", "&user.Password"))
		add("code", "if token == %s {", g.pick("token.EOF", "\"Bearer\"", "TOKEN_NUMBER", "'('", "scanner.Int64Literal", "html.ErrorToken", "\"identifier\""))
		add("code", "  token: %s;", g.pick("string", "Uint8Array", "number | undefined", "React.ReactNode", "vscode.CancellationToken", "Promise<string>"))
		add("code", "func NewToken%s(secret []byte, key2 string) {", g.of(uppers, 2))
		add("code", "tokenizer = AutoTokenizer.from_pretrained(%q)", "bert-base-uncased-"+g.of(digits, 3))
		add("code", "var secretName = %q", "app-"+g.of(lowers, 6)+"-credentials-v2")
		add("code", "password_hash = \"$2a$10$%s\"", g.of(base62, 53))
		add("code", "$password = $this->%s2;", g.of(lowers, 8))
		add("prose", "Password: must have at least 8 characters, 1 digit and 1 capital.")
		add("prose", "%q: %q,", g.pick("password", "forgotPassword", "passwordLabel", "token"), g.pick("Passwort", "Enter your password", "Mot de passe oublié ?", "Contraseña", "密码", "Confirm password", "Wachtwoord"))
		add("prose", "The secret: keep it %s. A token, %d bytes long.", g.of(lowers, 9), g.IntN(100))
		add("hash", "commit %s", g.of(hexes, 40))
		add("hash", "sha256:%s", hash())
		add("hash", "%s  file-%d.tar.gz", hash(), g.IntN(100))
		add("hash", "digest: %q, etag: %q, checksum = %q", hash(), g.of(hexes, 32), g.of(hexes, 40))
		add("uuid", "id: %s", uuid())
		add("uuid", "{\"key\": %q, \"trace\": %q}", uuid(), uuid())
		add("lock file", "golang.org/x/%s v0.%d.0 h1:%s=", g.of(lowers, 5), g.IntN(90), g.of(std64, 43))
		add("lock file", "\"integrity\": \"sha512-%s==\",", g.of(std64, 86))
		add("lock file", "  resolved \"https://registry.yarnpkg.com/%s/-/%s-1.2.3.tgz#%s\"", g.of(lowers, 6), g.of(lowers, 6), g.of(hexes, 40))
		add("image", "<img src=\"data:image/png;base64,iVBORw0KGgo%s==\">", base64.StdEncoding.EncodeToString(g.bytes(400)))
		add("image", "src: url(data:font/woff2;base64,d09GMgABAAAA%s)", base64.StdEncoding.EncodeToString(g.bytes(2000)))
		add("public key", "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----", wrap(base64.StdEncoding.EncodeToString(g.bytes(294)), 64, "\n"))
		add("public key", "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----", wrap(base64.StdEncoding.EncodeToString(g.bytes(900)), 64, "\n"))
		add("public key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA%s user@host", g.of(std64, 43))
		add("public key", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----")
		add("url", "https://example.org/%s?token=%s", g.of(lowers, 8), g.pick("abc", "TOKEN", "{token}", "…"))
		add("url", "see git@github.com:%s/%s.git and ssh://git@h:22/r or mailto:a@b.c", g.of(lowers, 5), g.of(lowers, 7))
		add("minified", "!function(e,t){var n=%q;t.token=n,e.secret=t[%d]}(this,%s)", g.of(lowers, 5), g.IntN(9), g.of(lowers, 1))
		add("test", "assertEquals(\"%s\", user.password)", g.pick("pass", "secret1", "hunter2", "test1234"))
		add("test", "login({ username: 'bob', password: '%s' })", g.pick("password", "secret", "test123", "admin", "qwerty", "pass1"))
		add("css", ".sk-fading-circle .sk-circle%d:before { --token-color-%s: #%s }", g.IntN(12), g.of(lowers, 6), g.of(hexes, 6))
	}
	return list
}

// text joins samples with prose between them.
func text(list []sample) []byte {
	var b bytes.Buffer
	for _, s := range list {
		b.WriteString(s.text)
	}
	return b.Bytes()
}
