package secret

import "bytes"

const (
	maxName  = 48  // bytes of a name on each side of its keyword
	maxValue = 256 // bytes of a value
)

// Names that hold passwords, and names that hold keys. A name is one of these
// with anything before it, and with something after it that does not say that
// the value is something else.
var (
	passwordNames = []string{"password", "passwd", "passphrase", "passcode", "pwd", "passwort"}
	keyNames      = []string{
		"secret", "token", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key", "authkey", "auth_key", "auth-key",
		"privatekey", "private_key", "secretkey", "secret_key", "encryption_key", "encryptionkey", "signing_key", "signingkey", "credential",
		"account_key", "accountkey", "masterkey", "master_key", "license_key", "connectionstring",
	}
)

// assignKeywords look for a value after a name.
func assignKeywords() []keyword {
	var list []keyword
	for _, name := range passwordNames {
		list = append(list, keyword{name, "password", assignment(isPassword)})
	}
	for _, name := range keyNames {
		list = append(list, keyword{name, "secret-key", assignment(isKey)})
	}
	return append(list, keyword{"identified by ", "password", func(text []byte, _, end int) (span, bool) {
		return value(text, end, false, isPassword)
	}})
}

// otherwise are the ends of names whose value is no secret itself.
var otherwise = [][]byte{
	[]byte("hash"), []byte("digest"), []byte("path"), []byte("file"), []byte("dir"), []byte("name"), []byte("url"), []byte("uri"), []byte("endpoint"),
	[]byte("type"), []byte("kind"), []byte("len"), []byte("size"), []byte("count"), []byte("limit"), []byte("field"), []byte("label"), []byte("hint"),
	[]byte("regex"), []byte("pattern"), []byte("policy"), []byte("prompt"), []byte("valid"), []byte("require"), []byte("expir"), []byte("ttl"),
	[]byte("header"), []byte("prefix"), []byte("index"), []byte("public"), []byte("algo"), []byte("format"), []byte("class"), []byte("text"),
	[]byte("link"), []byte("page"), []byte("form"), []byte("error"), []byte("message"), []byte("title"), []byte("ize"), []byte("ise"), []byte("_id"),
	[]byte("-id"), []byte("version"), []byte("ref"), []byte("arn"), []byte("less"), []byte("selector"), []byte("style"), []byte("color"), []byte("icon"),
}

// assignment matches name = value in the ways in which languages and formats
// write it.
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
		found, ok := value(text, from, quoted, is)
		return found, ok && !isOther(text[start:at], text[end:stop])
	}
}

// isOther looks at what a name has around its keyword.
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
//
// quoted says that only a quoted value counts.
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
	if closed && j < len(text) && hasFold(text[j:], "value=") {
		return j + len("value="), true, true
	}
	if j == len(text) {
		return 0, false, false
	}
	rest := text[j:]
	switch {
	case rest[0] == '>' && start > 0 && text[start-1] == '<':
		return j + 1, false, true
	case bytes.HasPrefix(rest, []byte(":=")), bytes.HasPrefix(rest, []byte("=>")), bytes.HasPrefix(rest, []byte("==")),
		bytes.HasPrefix(rest, []byte("!=")), bytes.HasPrefix(rest, []byte("->")), bytes.HasPrefix(rest, []byte("<-")):
		return typed(text, j+2), true, true
	case rest[0] == '=', rest[0] == ':':
		at := typed(text, j+1)
		return at, false, true
	case rest[0] == '(':
		return j + 1, true, true
	case rest[0] == ',' && closed && start > 0 && text[start-1] == text[stop]:
		return j + 1, true, true
	case j > i && start >= 2 && text[start-1] == '-' || bytes.HasPrefix(text[start:], []byte("--")):
		return j, false, j > i
	case j > i && letter[rest[0]]: // Go: name Type = "v"
		if k := typed(text, j); k > j {
			return k, true, true
		}
	}
	return 0, false, false
}

// typed steps over a type and the sign after it, if there is one.
func typed(text []byte, at int) int {
	i := blanks(text, at)
	j := classOfTypes.run(text, i, maxName)
	if j == i {
		return at
	}
	k := blanks(text, j)
	if k+1 < len(text) && text[k] == '=' && text[k+1] != '=' {
		return k + 1
	}
	return at
}

var classOfTypes = classOf(digits, lowers, uppers, "_.*&?|<>[]")

// maxBlanks bounds the alignment of a value, in bytes.
const maxBlanks = 64

var blank = classOf(" \t")

func blanks(text []byte, at int) int { return blank.run(text, at, maxBlanks) }

func hasFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// value takes what begins at at: a string in quotes, or a bare word.
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
		return span{}, false // a call, an index
	}
	return judge(text, at, end, func(b []byte) bool { return isBare(b) && is(b) })
}

// endsBare ends a value without quotes.
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

// technical are names with digits in them, which code assigns without quotes.
var technical = [][]byte{
	[]byte("base64"), []byte("base32"), []byte("sha"), []byte("md5"), []byte("utf"), []byte("int"), []byte("float"), []byte("x509"), []byte("oauth"), []byte("hex16"),
	[]byte("pbkdf"), []byte("2fa"), []byte("rfc"), []byte("ed255"), []byte("aes"), []byte("k8s"), []byte("i18n"), []byte("http"),
}

// isBare says that a word without quotes is a value, and not an expression:
// digits between letters make the difference.
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
	if lower := bytes.ToLower(b); groups == 1 {
		for _, t := range technical {
			if bytes.Contains(lower, t) {
				return false
			}
		}
	}
	return digits >= 2 || digits > 0 && bytes.ContainsAny(b, "!@#$%^?~")
}
