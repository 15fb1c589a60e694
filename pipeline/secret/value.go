package secret

import (
	"bytes"
	"math"
)

// random reports whether a token's characters can be random. Those of an example, a placeholder or a sentence cannot.
// Fewer than one in ten thousand real tokens of this length fail it.
func random(b []byte) bool {
	if filler(b) {
		return false
	}
	switch n := len(b); {
	case n >= 32:
		return entropy(b) >= 3
	case n >= 16:
		return entropy(b) >= 2.5
	}
	return entropy(b) >= 2
}

// mixed reports whether letters are mixed with digits, or small letters with capitals inside a word. Names and words
// are not.
func mixed(b []byte) bool {
	digits, inner := 0, 0
	for i, c := range b {
		switch {
		case digit[c]:
			digits++
		case 'A' <= c && c <= 'Z' && i > 0 && 'a' <= b[i-1] && b[i-1] <= 'z':
			inner++
		}
	}
	return digits >= 2 && digits < len(b) || digits >= 1 && inner >= 2 || inner >= 4 && len(b) >= 20
}

// entropy returns Shannon's entropy, in bits for each byte.
func entropy(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	sum, n := 0.0, float64(len(b))
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / n
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// fillings holds parts of values that are meant to be replaced.
var fillings = [][]byte{
	[]byte("example"), []byte("placeholder"), []byte("your"), []byte("changeme"), []byte("change-me"), []byte("change_me"), []byte("replace"),
	[]byte("redacted"), []byte("dummy"), []byte("sample"), []byte("xxxx"), []byte("****"), []byte("...."), []byte("----"), []byte("____"),
	[]byte("insert"), []byte("todo"), []byte("fake"), []byte("notreal"), []byte("not-real"), []byte("foobar"), []byte("00000000"), []byte("lorem"),
}

// filler reports whether a value is a placeholder, or counts up.
func filler(b []byte) bool {
	var room [maxValue]byte
	lower := appendLower(room[:0], b)
	for _, f := range fillings {
		if bytes.Contains(lower, f) {
			return true
		}
	}
	steps, most := 0, 0
	for i := 1; i < len(lower); i++ {
		d := int(lower[i]) - int(lower[i-1])
		if d == 1 || d == 0 || lower[i-1] == '9' && (lower[i] == '0' || lower[i] == 'a') {
			steps++
			most = max(most, steps)
		} else {
			steps = 0
		}
	}
	return most >= 7 || 3*most >= 2*len(b)
}

func appendLower(to, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// lazy holds words that stand for a password in documentation and tests, alone or with a few digits.
var lazy = func() map[string]bool {
	all := make(map[string]bool)
	for _, w := range []string{
		"", "password", "passwd", "pass", "pwd", "passw", "mypassword", "mypass", "secret", "mysecret", "supersecret", "secretpassword", "token",
		"mytoken", "apikey", "key", "test", "testing", "testpass", "testpassword", "testtest", "admin", "root", "user", "guest", "demo", "foo",
		"bar", "baz", "abc", "qwerty", "letmein", "hunter", "none", "null", "nil", "undefined", "true", "false", "string", "postgres", "mysql",
		"redis", "minio", "minioadmin", "rabbitmq", "mongo", "elastic", "default", "hello", "world", "value", "newpassword", "oldpassword",
	} {
		all[w] = true
	}
	return all
}()

// isLazy reports whether a value, without its digits and marks, is one of the lazy words.
func isLazy(b []byte) bool {
	var letters [24]byte
	n, digits := 0, 0
	for _, c := range b {
		switch {
		case digit[c]:
			if digits++; digits > 4 {
				return false
			}
		case letter[c]:
			if n == len(letters) {
				return false
			}
			letters[n] = c | 0x20
			n++
		}
	}
	return lazy[string(letters[:n])]
}

// isPassword reports whether a value in the place of a password is one, and not a word, a name, a reference or a
// format.
func isPassword(b []byte) bool {
	if len(b) < 6 || len(b) > maxValue || reference(b) || filler(b) || isLazy(b) {
		return false
	}
	digits, marks, others := 0, 0, 0
	for _, c := range b {
		switch {
		case digit[c]:
			digits++
		case letter[c] || c >= 0x80:
			others++
		case bytes.IndexByte([]byte("!@#$%^&*+?~|"), c) >= 0:
			marks++
		case c <= ' ' || c == 0x7f:
			return false
		}
	}
	switch {
	case digits == 0 && marks == 0, others+marks == 0:
		return false // a word, or a number, a date or a version
	case marks == 0 && named(b):
		return false
	case digits == 0:
		return len(b) >= 8 && others >= 4 && entropy(b) >= 2.5 && b[0] != '@' && b[0] != '*'
	}
	return entropy(b) >= 2.25
}

// isKey reports whether a value in the place of a key or a token is one. It must be longer than a password, and look
// made by a machine.
func isKey(b []byte) bool {
	if len(b) < 16 || len(b) > maxValue || reference(bytes.TrimLeft(b, "/")) && reference(b) || filler(b) || isLazy(b) || named(b) || !mixed(b) {
		return false
	}
	for _, c := range b {
		if !base64Class[c] && !dotted[c] && bytes.IndexByte([]byte("!@#$%^&~|:*()"), c) < 0 {
			return false
		}
	}
	return entropy(b) >= 3
}

// isSecret also accepts passwords that a program makes.
func isSecret(b []byte) bool { return isPassword(b) || isKey(b) }

// reference reports whether a value stands for another: a variable, a template, a format, a path, a URL, or a part of a
// pattern.
func reference(b []byte) bool {
	switch b[0] {
	case '$', '<', '{', '[', '/', '.', '~', '(', '%', '\\', '&':
		if b[0] != '$' || !isCrypt(b) && len(b) > 1 && (letter[b[1]] || b[1] == '{' || b[1] == '(' || b[1] == '_' || digit[b[1]]) {
			return true
		}
	}
	for _, part := range [][]byte{
		[]byte("${"), []byte("{{"), []byte("#{"), []byte("$("), []byte("<%"), []byte("%("), []byte("%s"), []byte("%d"), []byte("%v"), []byte("%w"),
		[]byte("://"), []byte("\\d"), []byte("\\w"), []byte("\\s"), []byte("]+"), []byte("]*"), []byte(")?"), []byte(".+"), []byte(".*"), []byte("()"), []byte("||"),
		[]byte(".env"), []byte("env."), []byte("/run/"), []byte("/etc/"), []byte("arn:"), []byte("sha256:"),
	} {
		if bytes.Contains(b, part) {
			return true
		}
	}
	return false
}

// named reports whether a value reads like a name: words joined by marks, with at most two digits at the end of each.
func named(b []byte) bool {
	for i := 0; i < len(b); {
		start := i
		for i < len(b) && letter[b[i]] {
			i++
		}
		letters := i - start
		for i < len(b) && digit[b[i]] {
			i++
		}
		if number := i - start - letters; number > 2 || letters > 24 {
			return false
		}
		if i == len(b) {
			return true
		}
		if bytes.IndexByte([]byte("-_.:/ @"), b[i]) < 0 {
			return false
		}
		i++
	}
	return true
}
