package secret

import (
	"bytes"
	"slices"
)

const (
	maxName  = 48  // bytes of a name on each side of its keyword
	maxValue = 256 // bytes of a value
)

// Names of passwords, and names of keys. Any text may stand before such a name, and any text after it that does not
// give the value another meaning.
var (
	passwordNames = []string{"password", "passwd", "passphrase", "passcode", "pwd", "passwort", "kennwort", "wachtwoord", "senha", "motdepasse", "mot_de_passe", "contrasena"}
	keyNames      = []string{
		"secret", "token", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key", "authkey", "auth_key", "auth-key",
		"privatekey", "private_key", "secretkey", "secret_key", "encryption_key", "encryptionkey", "signing_key", "signingkey", "credential",
		"account_key", "accountkey", "masterkey", "master_key", "license_key", "connectionstring",
		"app_key", "appkey", "app-key", "app.key", "application_key", "consumer_key", "consumerkey", "shared_key", "sharedkey", "presharedkey", "preshared_key", "pre_shared_key",
		"subscription-key", "subscription_key", "subscriptionkey", "validationkey", "decryptionkey", "session_key", "sessionkey", "cookie_key", "hmac_key",
		"storage_key", "storagekey", "deploy_key", "service_key", "servicekey", "server_key", "serverkey", "integration_key", "ingest_key", "ingestion_key",
		"write_key", "writekey", "webhook_key", "crypt_key", "cryptkey", "functions-key", "client_key", "clientkey", "dockerconfigjson", "tunnel_key", "rest_key", "datakey", "kms_key",
	}
	// These are common words, or endings of common words. They count only alone or after a mark.
	shortNames = []string{"pass", "_pw", "-pw", "psk", "_pat"}
)

// assignKeywords look for a value after a name.
func assignKeywords() []keyword {
	var list []keyword
	for _, name := range passwordNames {
		list = append(list, keyword{name, "password", assignment(isSecret)})
	}
	for _, name := range keyNames {
		list = append(list, keyword{name, "secret-key", assignment(isKey)})
	}
	for _, name := range shortNames {
		list = append(list, keyword{name, "password", whole(assignment(isSecret))})
	}
	return append(list, keyword{"identified by ", "password", func(text []byte, _, end int) (span, bool) {
		return value(text, end, false, isPassword)
	}})
}

// otherwise holds parts of names whose value is not itself a secret.
var otherwise = [][]byte{
	[]byte("hash"), []byte("digest"), []byte("path"), []byte("file"), []byte("dir"), []byte("name"), []byte("url"), []byte("uri"), []byte("endpoint"),
	[]byte("type"), []byte("kind"), []byte("len"), []byte("size"), []byte("count"), []byte("limit"), []byte("field"), []byte("label"), []byte("hint"),
	[]byte("regex"), []byte("pattern"), []byte("policy"), []byte("prompt"), []byte("valid"), []byte("require"), []byte("expir"), []byte("ttl"),
	[]byte("header"), []byte("prefix"), []byte("index"), []byte("public"), []byte("algo"), []byte("format"), []byte("class"), []byte("text"),
	[]byte("link"), []byte("page"), []byte("form"), []byte("error"), []byte("message"), []byte("title"), []byte("ize"), []byte("ise"), []byte("_id"),
	[]byte("-id"), []byte("version"), []byte("ref"), []byte("arn"), []byte("less"), []byte("selector"), []byte("style"), []byte("color"), []byte("icon"),
}

// assignment matches name = value in the notations of languages and formats.
func assignment(is func([]byte) bool) func([]byte, int, int) (span, bool) {
	return func(text []byte, at, end int) (span, bool) {
		start := dotted.back(text, at, maxName)
		stop := urlSafe.run(text, end, maxName)
		if stop-end == maxName {
			return span{}, false
		}
		from, quoted, ok := operator(text, start, stop)
		if !ok {
			return span{}, false
		}
		if at, ok := alternative(text, from); ok {
			from, quoted = at, true
		}
		found, ok := value(text, from, quoted, is)
		return found, ok && !isOther(text[start:at], text[end:stop])
	}
}

// whole requires that the keyword is the whole name, or its last word.
func whole(match func([]byte, int, int) (span, bool)) func([]byte, int, int) (span, bool) {
	return func(text []byte, at, end int) (span, bool) {
		if end == len(text) || urlSafe[text[end]] || text[end] == '.' || text[end] == '\n' {
			return span{}, false
		}
		if text[end] == ':' && string(text[at:end]) == "PASS" && (at == 0 || text[at-1] != '_') {
			return span{}, false // the output of a test
		}
		if at > 0 && alnum[text[at]] && alnum[text[at-1]] && (text[at] >= 'a' || text[at-1] < 'a' || text[at-1] > 'z' || text[end-1] < 'a') {
			return span{}, false // neither after a mark nor at a capital inside a name
		}
		return match(text, at, end)
	}
}

// isOther reports whether the words around the keyword give the name another meaning.
func isOther(before, after []byte) bool {
	after = bytes.ToLower(after)
	if len(after) > 0 && (bytes.HasSuffix(after, []byte("id")) || bytes.HasPrefix(after, []byte("s_")) && bytes.Contains(after, []byte("per"))) {
		return true
	}
	for _, o := range otherwise {
		if bytes.Contains(after, o) {
			return true
		}
	}
	before = bytes.ToLower(before)
	for _, o := range [][]byte{[]byte("public"), []byte("csrf"), []byte("hash"), []byte("partition"), []byte("page"), []byte("next"), []byte("design")} {
		if bytes.HasSuffix(bytes.TrimRight(before, "_-."), o) {
			return true
		}
	}
	return false
}

// operator finds where the value begins after a name at text[start:stop]:
//
//	name = v   name: v   "name": v   name := v   'name' => v   map["name"] = v
//	name: Type = "v"   .name("v")   <name>v</name>   --name v   name="name" value="v"
//	NAME := v   NAME ?= v   ENV NAME v   name 'v'   and what pair says
//
// The result quoted says that only a quoted value counts.
func operator(text []byte, start, stop int) (at int, quoted, ok bool) {
	i := stop
	closed := i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == '`')
	if closed {
		i++
	} else if bytes.HasPrefix(text[i:], []byte(`\"`)) {
		i += 2
	}
	if i < len(text) && text[i] == ']' {
		i++
	}
	j := blanks(text, i)
	if at, ok := fallback(text, j, closed); ok {
		return at, true, true
	}
	if at, ok := pair(text, start, i); ok {
		return at, false, true
	}
	if j == len(text) {
		return 0, false, false
	}
	c := text[j]
	if signs[c] {
		if at, quoted := behindSign(text, start, stop, j); at > 0 {
			return at, quoted, true
		}
	}
	switch {
	case c == '(':
		return j + 1, true, true
	case c == ',' && closed && start > 0 && text[start-1] == text[stop]:
		return j + 1, true, true
	case j > i && start >= 2 && text[start-1] == '-' || text[start] == '-' && bytes.HasPrefix(text[start:], []byte("--")):
		return j, false, j > i
	case j == i || closed:
	case c == '"' || c == '\'': // Groovy, SQL
		return j, true, startsLine(text, start, stop)
	case follows(text, start, "ENV ", "setenv ", "setx ", "set -x ", "set -gx ", "set -Ux "):
		return j, false, true
	case letter[c]: // Go: name Type = "v"
		if k := typed(text, j); k > j {
			return k, true, true
		}
	}
	return 0, false, false
}

// fallback finds the value that stands in where a variable is not set:
//
//	process.env.NAME || "v"   getenv("NAME") ?: "v"   env["NAME"] ?? "v"
func fallback(text []byte, at int, closed bool) (int, bool) {
	if closed && at < len(text) && text[at] == ')' {
		at = blanks(text, at+1)
	}
	if at+2 > len(text) {
		return 0, false
	}
	switch string(text[at : at+2]) {
	case "||", "??", "?:":
		return at + 2, true
	}
	return 0, false
}

const maxExpression = 128 // bytes before an alternative

var alternatives = [][]byte{[]byte(" ?: "), []byte(" ?? "), []byte(" || "), []byte(" or ")}

// alternative finds the quoted value that an expression at text[from] yields where its first part is empty:
//
//	a.b ?: "v"   a["b"] ?? "v"   f('a') || "v"   f('a') or "v"
func alternative(text []byte, from int) (int, bool) {
	if from >= len(text) || !letter[text[from]] {
		return 0, false
	}
	line := text[from:min(len(text), from+maxExpression)]
	if n := bytes.IndexAny(line, "\n;{}"); n >= 0 {
		line = line[:n]
	}
	for _, sign := range alternatives {
		_, after, found := bytes.Cut(line, sign)
		if after = bytes.TrimLeft(after, " "); found && len(after) > 0 && (after[0] == '"' || after[0] == '\'') {
			return from + len(line) - len(after), true
		}
	}
	return 0, false
}

var signs = classOf("=:?!<>-")

// behindSign returns the place after the sign of an assignment or a comparison
// at text[j], or 0 if there is none.
func behindSign(text []byte, start, stop, j int) (at int, quoted bool) {
	if bytes.HasPrefix(text[j:], []byte("::=")) && isUpper(text[start:stop]) {
		return j + 3, false
	}
	if j+1 < len(text) {
		switch string(text[j : j+2]) {
		case ":=", "?=":
			if isUpper(text[start:stop]) {
				return j + 2, false
			}
			if text[j] == '?' {
				return 0, false
			}
			return typed(text, j+2), true
		case "=>", "==", "!=", "->", "<-":
			return typed(text, j+2), true
		}
	}
	switch c := text[j]; {
	case c == '=' || c == ':':
		return typed(text, j+1), false
	case c == '>' && start > 0 && text[start-1] == '<':
		return j + 1, false
	}
	return 0, false
}

// isUpper reports whether a name is written like an environment variable.
func isUpper(name []byte) bool {
	for _, c := range name {
		if !upAlnum[c] && c != '_' {
			return false
		}
	}
	return true
}

// startsLine reports whether a name is the first word of its line, or a word of SQL.
func startsLine(text []byte, start, stop int) bool {
	i := start
	for i > 0 && start-i < maxBlanks && blank[text[i-1]] {
		i--
	}
	sql := isUpper(text[start:stop]) && bytes.IndexByte(text[start:stop], '_') < 0
	return i == 0 || text[i-1] == '\n' || sql || follows(text, start, "with ", "encrypted ")
}

// follows reports whether one of the words, in any case, stands before a name.
func follows(text []byte, start int, words ...string) bool {
	for _, w := range words {
		if start >= len(w) && text[start-1] == w[len(w)-1] && bytes.EqualFold(text[start-len(w):start], []byte(w)) {
			return true
		}
	}
	return false
}

// pair finds the value that belongs to a name, if the name is itself a value:
//
//	name="NAME" value="v"   - name: NAME⏎  value: v   {"name": "NAME", "value": "v"}
//	<key>NAME</key><string>v</string>   variable "NAME" { default = "v"   <NAME encoding="x">v
func pair(text []byte, start, i int) (at int, ok bool) {
	if i == len(text) || !between[text[i]] {
		return 0, false
	}
	switch before := text[max(0, start-1)]; {
	case start == 0:
	case before == '>' && bytes.HasPrefix(text[i:], []byte("</key>")):
		at = spaces.run(text, i+len("</key>"), maxPair)
		return at + len("<string>"), bytes.HasPrefix(text[at:], []byte("<string>"))
	case before == '<' && text[i] == ' ':
		window := text[i:min(len(text), i+maxPair)]
		end := bytes.IndexAny(window, "<>\n")
		return i + end + 1, end > 0 && window[end] == '>' && window[end-1] != '/'
	}
	at = spaces.run(text, i, maxPair)
	switch {
	case at == i || at == len(text):
		return 0, false
	case text[at] == '{':
		return preset(text, start, at)
	case text[at] == '"' || text[at] == '\'':
		at++
	}
	if !hasFold(text[at:], "value") {
		return 0, false
	}
	at = quotesAndBlanks.run(text, at+len("value"), maxPair)
	return at + 1, at < len(text) && (text[at] == ':' || text[at] == '=')
}

// preset finds the default of a Terraform variable whose block begins at at.
func preset(text []byte, start, at int) (int, bool) {
	if !follows(text, start, "variable \"") {
		return 0, false
	}
	before, after, found := bytes.Cut(text[at:min(len(text), at+maxPair)], []byte("default"))
	if !found || bytes.IndexByte(before, '}') >= 0 {
		return 0, false
	}
	at = blanks(text, at+len(before)+len("default"))
	return at + 1, len(after) > 0 && at < len(text) && text[at] == '='
}

var (
	between         = classOf(", \t\r\n<")
	spaces          = classOf(", \t\r\n")
	quotesAndBlanks = classOf("\"' \t")
)

// maxPair bounds the distance between a name and its value, in bytes.
const maxPair = 160

// typed skips a type and the equals sign after it, if there is one. An equals sign at the end of a line is padding of
// base64.
func typed(text []byte, at int) int {
	i := blanks(text, at)
	j := classOfTypes.run(text, i, maxName)
	if j == i {
		return at
	}
	k := blanks(text, j)
	if k+1 >= len(text) || text[k] != '=' || text[k+1] == '=' {
		return at
	}
	if v := blanks(text, k+1); v == len(text) || bytes.IndexByte([]byte("\r\n,;)}]"), text[v]) >= 0 || k == j && j-i >= 11 && mixed(text[i:j]) {
		return at
	}
	return k + 1
}

var classOfTypes = classOf(digits, lowers, uppers, "_.*&?|<>[]")

// maxBlanks bounds the blanks that align a value.
const maxBlanks = 64

var blank = classOf(" \t")

func blanks(text []byte, at int) int { return blank.run(text, at, maxBlanks) }

func hasFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// value takes the value at at, which is a string in quotes or a bare word.
func value(text []byte, at int, quoted bool, is func([]byte) bool) (span, bool) {
	at = blanks(text, at)
	if at < len(text)-1 && letter[text[at]] && (text[at+1] == '"' || text[at+1] == '\'') {
		at++ // r"…", b'…'
	}
	if at >= len(text) {
		return span{}, false
	}
	if bytes.HasPrefix(text[at:], []byte(`\"`)) {
		at += 2
		end := bytes.Index(text[at:min(len(text), at+maxValue+1)], []byte(`\"`))
		return judge(text, at, at+end, is)
	}
	if q := text[at]; q == '"' || q == '\'' || q == '`' {
		return judge(text, at+1, closing(text, at+1, q), is)
	}
	if quoted {
		return span{}, false
	}
	end := at
	for end < len(text) && end-at <= maxValue && !endsBare[text[end]] {
		end++
	}
	if end < len(text) && (text[end] == '(' || text[end] == '[' || text[end] == '{') {
		return span{}, false // a call or an index
	}
	line := end == len(text) || text[end] == '\n' || text[end] == '\r' || beforeSetting(text, end)
	return judge(text, at, end, func(b []byte) bool {
		return (isBare(b) || isPadded(b) || isCrypt(b) || line && isLoose(b)) && is(b)
	})
}

// beforeSetting reports whether a blank and another NAME=… follow a value.
func beforeSetting(text []byte, end int) bool {
	stop := word.run(text, end+1, maxName)
	return text[end] == ' ' && stop > end+1 && stop < len(text) && text[stop] == '='
}

// isPadded reports whether a word without quotes is base64 with its padding.
func isPadded(b []byte) bool {
	body := bytes.TrimRight(b, "=")
	return len(b) >= 12 && len(b)%4 == 0 && len(b)-len(body) <= 2 && len(body) < len(b) && base64Class.run(body, 0, len(body)) == len(body) && mixed(body)
}

// isCrypt reports whether a value is a password's hash in the form of crypt.
func isCrypt(b []byte) bool {
	return slices.ContainsFunc(crypts, func(scheme string) bool { return bytes.HasPrefix(b, []byte(scheme)) }) && len(b) >= 20
}

// crypts are the beginnings of hashes.
var crypts = []string{"$apr1$", "$2y$", "$2b$", "$2a$", "$6$", "$5$", "$1$", "$y$", "$7$"}

// isLoose reports whether a word without quotes, at the end of a line, is a value because no expression of a program
// looks like it.
func isLoose(b []byte) bool {
	upper, lower, digits, marks := 0, 0, 0, 0
	for _, c := range bytes.TrimRight(b, "0123456789") { // numbers end names
		switch {
		case digit[c]:
			digits++
		case 'a' <= c && c <= 'z':
			lower++
		case 'A' <= c && c <= 'Z':
			upper++
		case bytes.IndexByte([]byte("!@#$%^?~*+"), c) >= 0:
			marks++
		default:
			return false
		}
	}
	return len(b) >= 8 && lower > 0 && !isTechnical(b) && (digits > 0 && (upper > 0 || marks > 0) || marks > 0 && upper > 0)
}

// endsBare holds the bytes that end a value without quotes.
var endsBare = classOf(" \t\r\n\"'`<>;,&)(]}[{|")

// closing returns where a string ends, or -1.
func closing(text []byte, at int, quote byte) int {
	for i := at; i < len(text) && i-at <= maxValue; i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i
		case '\n', '\r':
			return -1
		}
	}
	return -1
}

func judge(text []byte, at, end int, is func([]byte) bool) (span, bool) {
	if end <= at || !is(text[at:end]) {
		return span{}, false
	}
	return span{start: at, end: end, generic: true}, true
}

// technical holds names with digits that code assigns without quotes.
var technical = [][]byte{
	[]byte("base64"), []byte("base32"), []byte("sha"), []byte("md5"), []byte("utf"), []byte("int"), []byte("float"), []byte("x509"), []byte("oauth"), []byte("hex16"),
	[]byte("pbkdf"), []byte("2fa"), []byte("rfc"), []byte("ed255"), []byte("aes"), []byte("k8s"), []byte("i18n"), []byte("http"),
}

func isTechnical(b []byte) bool {
	lower := bytes.ToLower(b)
	return slices.ContainsFunc(technical, func(t []byte) bool { return bytes.Contains(lower, t) })
}

// isBare reports whether a word without quotes is a value and not an expression. Digits between letters make the
// difference.
func isBare(b []byte) bool {
	if len(b) < 8 || !alnum[b[0]] && (len(b) < 32 || b[0] != '/' && b[0] != '+') {
		return false
	}
	digits, groups := 0, 0
	for i, c := range b {
		if digit[c] {
			digits++
			if i == 0 || !digit[b[i-1]] {
				groups++
			}
		}
	}
	if groups == 1 && isTechnical(b) {
		return false
	}
	return digits >= 2 || digits > 0 && bytes.ContainsAny(b, "!@#$%^?~")
}
