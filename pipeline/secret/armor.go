package secret

import "bytes"

// maxArmor bounds a private key in a text, in bytes. An RSA key of 16,384 bits has 12 KiB.
const maxArmor = 32 << 10

// minArmor is the least base64 of a private key, in bytes. An Ed25519 key in PKCS #8 has 64. Anything shorter is an
// abbreviated example.
const minArmor = 40

var dashes = []byte("-----")

// privateKey matches the label of RFC 7468, of OpenSSH and of PGP. Its keyword is the end of "-----BEGIN … PRIVATE
// KEY". The masked text lies between that line and the next dashes.
func privateKey(text []byte, at, end int) (span, bool) {
	label := max(0, at-48)
	begin := bytes.LastIndex(text[label:at], []byte("-----BEGIN "))
	if begin < 0 || !isLabel(text[label+begin+len("-----BEGIN "):at]) {
		return span{}, false
	}
	if bytes.HasPrefix(text[end:], []byte(" BLOCK")) {
		end += len(" BLOCK")
	}
	if !bytes.HasPrefix(text[end:], dashes) {
		return span{}, false
	}
	return armored(text, end+len(dashes), true)
}

// isLabel reports whether b consists of capitals, digits and blanks, which may precede "PRIVATE KEY".
func isLabel(b []byte) bool {
	for _, c := range b {
		if c != ' ' && !upAlnum[c] {
			return false
		}
	}
	return true
}

// puttyKey matches the private part of PuTTY's format.
func puttyKey(text []byte, _, end int) (span, bool) { return armored(text, end, false) }

// armored takes the base64 from at to the next dashes, or as far as it goes, if it is long enough for a key. The base64
// may be broken into string literals and begin with headers.
func armored(text []byte, at int, headers bool) (span, bool) {
	window := text[at:min(len(text), at+maxArmor)]
	if end := bytes.Index(window, dashes); end >= 0 {
		window = window[:end]
	}
	read := len(window)
	count, last := 0, 0
	var seen class
	different := 0
scan:
	for i := 0; i < len(window); i++ {
		switch c := window[i]; {
		case c == '\\':
			i++
		case base64Class[c]:
			count++
			last = i + 1
			if !seen[c] {
				seen[c] = true
				different++
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == '\'' || c == ',' || c == '`' || c == '.':
		case headers && (c == ':' || c == '-' || c == '(' || c == ')' || c == '*' || c == '#' || c == ';'):
		default:
			break scan // no key continues like this
		}
	}
	if count < minArmor || different < 12 {
		return span{read: read}, false
	}
	return span{start: at, end: at + last, armored: true, read: read}, true
}
