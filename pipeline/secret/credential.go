package secret

import (
	"bytes"
	"encoding/base64"
)

// credentialKeywords find credentials in files and values that have a form of their own.
func credentialKeywords() []keyword {
	list := []keyword{
		{"machine ", "netrc", netrc}, {"default login ", "netrc", netrc},
		// "-----BEGIN " in base64, by the bytes that stand before it.
		{"ls0tls1crudjti", "private-key", encodedKey}, {"0tls0tqkvhsu4g", "private-key", encodedKey}, {"tls0tlujfr0loi", "private-key", encodedKey},
		{`"auth"`, "docker-auth", dockerAuth}, {"auth: ", "docker-auth", encodedPair}, {`"identitytoken":`, "docker-auth", quotedKey},
		{"sqlplus ", "password", sqlplus},
		{"begin openvpn static key v1-----", "private-key", puttyKey},
		{"begin ssh2 encrypted private key ----", "private-key", puttyKey},
		{"| chpasswd", "password", chpasswd},
		{"otpauth://", "totp-secret", totp},
		{"mnemonic", "mnemonic", mnemonic}, {"seed phrase", "mnemonic", mnemonic}, {"seed_phrase", "mnemonic", mnemonic},
		{"convertto-securestring ", "password", quotedPassword},
	}
	for _, port := range []string{":5432:", ":5433:", ":6432:", ":*:"} {
		list = append(list, keyword{port, "pgpass", pgpass})
	}
	for _, scheme := range append([]string{"{sha}", "{ssha}"}, crypts...) {
		list = append(list, keyword{":" + scheme, "password-hash", crypted}, keyword{":!" + scheme, "password-hash", crypted}) // a user who is locked out
	}
	for _, name := range []string{"d", "k", "p", "q", "dp", "dq", "qi"} {
		list = append(list, keyword{`"` + name + `"`, "jwk", jsonWebKey}, keyword{" " + name + ": ", "jwk", yamlWebKey}, keyword{"\n" + name + ": ", "jwk", yamlWebKey})
	}
	for _, name := range []string{"requirepass ", "masterauth ", "rootpw ", "bindpw ", "enable secret ", "snmp-server community "} {
		list = append(list, keyword{name, "password", directive})
	}
	for _, name := range []string{"auth_key", "logged_in_key", "nonce_key", "_salt"} {
		list = append(list, keyword{name, "secret-key", wordpress})
	}
	return list
}

const maxNetrc = 1 << 10 // bytes of an entry

// netrc matches "machine NAME login NAME password VALUE", on one line or on several, as ftp and curl read it. In a
// string of a program, an entry ends with the string or at an escape, which stands for the end of its line.
func netrc(text []byte, at, end int) (span, bool) {
	if word.before(text, at) {
		return span{}, false
	}
	limit := min(len(text), at+maxNetrc)
	if at > 0 && (text[at-1] == '"' || text[at-1] == '\'' || text[at-1] == '`') {
		if n := bytes.IndexAny(text[at:limit], string(text[at-1])+`\`); n >= 0 {
			limit = at + n
		}
	}
	next := func(i int) (from, to int) {
		for i < limit && (blank[text[i]] || text[i] == '\n' || text[i] == '\r') {
			i++
		}
		from = i
		for i < limit && text[i] > ' ' {
			i++
		}
		return from, i
	}
	i := at + len("default")
	if hasFold(text[at:], "machine") {
		_, i = next(end)
	}
	for range 3 {
		nameFrom, nameTo := next(i)
		from, to := next(nameTo)
		switch string(text[nameFrom:nameTo]) {
		case "login", "account":
			i = to
		case "password":
			return judge(text, from, to, func(b []byte) bool { return len(b) >= 6 && !reference(b) && !filler(b) && !isLazy(b) })
		default:
			return span{}, false
		}
	}
	return span{}, false
}

// lineOf returns the line around text[at:end], within the length of a value.
func lineOf(text []byte, at, end int) (start, stop int) {
	start, stop = at, end
	for start > 0 && at-start < maxValue && text[start-1] != '\n' {
		start--
	}
	for stop < len(text) && stop-end < maxValue && text[stop] != '\n' && text[stop] != '\r' {
		stop++
	}
	return start, stop
}

// pgpass matches a line host:port:database:user:password.
func pgpass(text []byte, at, end int) (span, bool) {
	start, stop := lineOf(text, at, end)
	fields := bytes.SplitN(text[start:stop], []byte(":"), 5)
	if len(fields) != 5 || bytes.ContainsAny(text[start:stop], " \t\"'<>{}()[]/") {
		return span{}, false
	}
	for _, f := range fields {
		if len(f) == 0 {
			return span{}, false
		}
	}
	return judge(text, stop-len(fields[4]), stop, isSecret)
}

// crypted matches user:$id$…, a line of htpasswd or of shadow.
func crypted(text []byte, at, end int) (span, bool) {
	user := dotted.back(text, at, maxName)
	if user == at || user > 0 && bytes.IndexByte([]byte("\n=\"' \t,"), text[user-1]) < 0 {
		return span{}, false
	}
	stop := classOf(digits, lowers, uppers, "./$=,+").run(text, end, maxValue)
	if b := text[end:stop]; len(b) < 20 || filler(b) || entropy(b) < 3 {
		return span{}, false
	}
	return span{start: at + 1, end: stop}, true
}

// encodedKey matches a PEM private key that is encoded in base64 once more, as in Kubernetes, alone or with the file
// that holds it. Its keyword is the encoding of "-----BEGIN ".
func encodedKey(text []byte, at, end int) (span, bool) {
	start := unpadded.back(text, at, maxBefore)
	if at-start == maxBefore {
		start = at - maxBefore/4*4
	}
	head := text[start+(at-start)/4*4:]
	head = head[:min(len(head), 76)/4*4]
	plain := make([]byte, base64.StdEncoding.DecodedLen(len(head)))
	n, _ := base64.StdEncoding.Decode(plain, head)
	if !bytes.Contains(plain[:n], []byte("PRIVATE KEY")) {
		return span{}, false
	}
	return armored(text, start, false)
}

// maxBefore bounds the base64 that is read before the keyword.
const maxBefore = 1 << 10

var unpadded = classOf(digits, lowers, uppers, "+/")

// pairIn reports whether base64 encodes user:password.
func pairIn(b []byte) bool {
	b = bytes.TrimRight(b, "=")
	plain := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, err := base64.RawStdEncoding.Decode(plain, b)
	user, password, both := bytes.Cut(plain[:n], []byte(":"))
	if err != nil || !both || len(user) == 0 || len(password) < 4 || filler(plain[:n]) || isLazy(password) && len(user) > 0 && isLazy(user) {
		return false
	}
	for _, c := range plain[:n] {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// encodedPair matches the base64 of user:password after the keyword.
func encodedPair(text []byte, _, end int) (span, bool) {
	stop := base64Class.run(text, end, 512)
	if stop-end < 12 || !pairIn(text[end:stop]) {
		return span{}, false
	}
	return span{start: end, end: stop}, true
}

// dockerAuth matches the entry that "docker login" writes into config.json.
func dockerAuth(text []byte, at, end int) (span, bool) {
	end = blanks(text, end)
	if end == len(text) || text[end] != ':' {
		return span{}, false
	}
	end = blanks(text, end+1)
	if end == len(text) || text[end] != '"' {
		return span{}, false
	}
	return encodedPair(text, at, end+1)
}

func quotedKey(text []byte, _, end int) (span, bool) { return value(text, end, true, isKey) }

func quotedPassword(text []byte, at, end int) (span, bool) {
	for range 2 { // -String may come between
		if s, ok := value(text, end, true, isPassword); ok {
			return s, true
		}
		end = letter.run(text, blanks(text, end)+1, maxName)
	}
	return span{}, false
}

const jwkWindow = 2 << 10 // bytes around the value of a member in which the key's type is looked for

// jsonWebKey matches a private member of RFC 7517.
func jsonWebKey(text []byte, at, end int) (span, bool) {
	i := blanks(text, end)
	if i == len(text) || text[i] != ':' {
		return span{}, false
	}
	i = blanks(text, i+1)
	if i == len(text) || text[i] != '"' {
		return span{}, false
	}
	stop := urlSafe.run(text, i+1, maxMember)
	if stop == len(text) || text[stop] != '"' {
		return span{}, false
	}
	return webKeyMember(text, i+1, stop)
}

// yamlWebKey matches such a member in YAML, with quotation marks or without.
func yamlWebKey(text []byte, _, end int) (span, bool) {
	from := blanks(text, end)
	if from < len(text) && (text[from] == '"' || text[from] == '\'') {
		from++
	}
	return webKeyMember(text, from, urlSafe.run(text, from, maxMember))
}

const (
	minMember = 23   // characters of a member of a key
	maxMember = 4096 // characters of a member of a key
)

func webKeyMember(text []byte, from, stop int) (span, bool) {
	if stop-from < minMember || !random(text[from:stop]) {
		return span{}, false
	}
	near := text[max(0, from-jwkWindow):min(len(text), stop+jwkWindow)]
	if !bytes.Contains(near, []byte(`"kty"`)) && !bytes.Contains(near, []byte("kty: ")) {
		return span{}, false
	}
	return span{start: from, end: stop}, true
}

// chpasswd matches echo 'user:password' | chpasswd.
func chpasswd(text []byte, at, end int) (span, bool) {
	start, _ := lineOf(text, at, end)
	line := bytes.TrimRight(text[start:at], " \t\"'")
	colon := bytes.LastIndexByte(line, ':')
	if colon < 0 {
		return span{}, false
	}
	return judge(text, start+colon+1, start+len(line), isPassword)
}

// totp matches the secret in the URL of a one-time password.
func totp(text []byte, at, end int) (span, bool) {
	_, stop := lineOf(text, end, end)
	from := bytes.Index(bytes.ToLower(text[end:stop]), []byte("secret="))
	if from < 0 {
		return span{}, false
	}
	from += end + len("secret=")
	to := alnum.run(text, from, 128)
	if to-from < 16 || !random(text[from:to]) {
		return span{}, false
	}
	return span{start: from, end: to}, true
}

// mnemonic matches the words of a wallet (BIP 39): 12, 15, 18, 21 or 24 of them.
func mnemonic(text []byte, at, end int) (span, bool) {
	from, _, ok := operator(text, at, urlSafe.run(text, end, maxName))
	if !ok {
		return span{}, false
	}
	from = blanks(text, from)
	if from < len(text) && (text[from] == '"' || text[from] == '\'') {
		from++
	}
	i, words := from, 0
	for words < 24 {
		stop := lowerClass.run(text, i, 9)
		if n := stop - i; n < 3 || n > 8 {
			break
		}
		words++
		i = stop
		if i == len(text) || text[i] != ' ' {
			break
		}
		i++
	}
	if words < 12 || words%3 != 0 {
		return span{}, false
	}
	return span{start: from, end: i}, true
}

var lowerClass = classOf(lowers)

// sqlplus matches the argument user/password@database.
func sqlplus(text []byte, at, end int) (span, bool) {
	if word.before(text, at) {
		return span{}, false
	}
	from, to, next := argument(text, end, min(len(text), end+maxLine))
	if from < to && text[from] == '-' { // an option
		from, to, _ = argument(text, next, min(len(text), next+maxLine))
	}
	_, rest, found := bytes.Cut(text[from:to], []byte("/"))
	password, _, _ := bytes.Cut(rest, []byte("@"))
	from = to - len(rest)
	if !found {
		return span{}, false
	}
	return judge(text, from, from+len(password), isSecret)
}

// directive matches a line of a configuration file: NAME VALUE.
func directive(text []byte, at, end int) (span, bool) {
	if word.before(text, at) {
		return span{}, false
	}
	from := blanks(text, end)
	if bytes.HasPrefix(text[min(len(text), from):], []byte("--")) { // an option of Kickstart
		from = blanks(text, lowerClass.run(text, from+2, maxName))
	}
	if from+2 < len(text) && digit[text[from]] && text[from+1] == ' ' { // a number that names the encryption
		from += 2
	}
	if from < len(text) && (text[from] == '"' || text[from] == '\'') {
		return value(text, from, true, isPassword)
	}
	to := from
	for to < len(text) && to-from <= maxValue && text[to] > ' ' {
		to++
	}
	if isCrypt(text[from:to]) {
		return judge(text, from, to, func(b []byte) bool { return len(b) > 20 && !filler(b) })
	}
	return judge(text, from, to, func(b []byte) bool { return isPassword(b) && !bytes.HasSuffix(b, []byte("(")) })
}

// wordpress matches keys and salts in wp-config.php. They may hold any character.
func wordpress(text []byte, at, end int) (span, bool) {
	if end+2 > len(text) || text[end] != '\'' && text[end] != '"' || text[end+1] != ',' {
		return span{}, false
	}
	from := blanks(text, end+2)
	if from == len(text) || text[from] != text[end] {
		return span{}, false
	}
	to := closing(text, from+1, text[end])
	if to < 0 || to-from < 40 || filler(text[from+1:to]) || entropy(text[from+1:to]) < 4 {
		return span{}, false
	}
	return span{start: from + 1, end: to, generic: true}, true
}
