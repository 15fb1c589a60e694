package secret

import (
	"bytes"
	"hash/crc32"
	"strings"
)

// tokenKeywords makes a keyword from each prefix.
func tokenKeywords() []keyword {
	var list []keyword
	for _, t := range tokens {
		for _, prefix := range t.prefixes {
			list = append(list, keyword{word: strings.ToLower(prefix), rule: t.rule, match: t.matcher(prefix)})
		}
	}
	return list
}

// matcher requires the prefix in its own case, at the beginning of a word, and the right number of characters that look
// random.
func (t token) matcher(prefix string) func([]byte, int, int) (span, bool) {
	want := []byte(prefix)
	return func(text []byte, at, end int) (span, bool) {
		if !bytes.Equal(text[at:end], want) || urlSafe.before(text, at) && !escaped(text, at) {
			return span{}, false
		}
		stop := sentence(text, end, t.of.run(text, end, t.max+1))
		n := stop - end
		if n < t.min || n > t.max || stop < len(text) && word[text[stop]] || !random(text[end:stop]) {
			return span{}, false
		}
		return span{start: at, end: stop}, true
	}
}

// A token of leat consists of leat_, 30 random characters, and 6 characters with the CRC-32 of all before them in base
// 62 (internal/access). It counts as a token whether it looks random or not.
const (
	leatRandom   = 30
	leatChecksum = 6
	digits62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func leatToken(text []byte, at, end int) (span, bool) {
	const length = leatRandom + leatChecksum
	if string(text[at:end]) != "leat_" || urlSafe.before(text, at) && !escaped(text, at) || alnum.run(text, end, length+1) != end+length {
		return span{}, false
	}
	sum := crc32.ChecksumIEEE(text[at : end+leatRandom])
	for i := end + length - 1; i >= end+leatRandom; i-- {
		if text[i] != digits62[sum%62] {
			return span{}, false
		}
		sum /= 62
	}
	return span{start: at, end: end + length}, true
}

// sentence leaves out the marks at the end, which belong to the sentence and not to the token.
func sentence(text []byte, at, stop int) int {
	for stop > at && (text[stop-1] == '.' || text[stop-1] == '-') {
		stop--
	}
	return stop
}

// escaped reports whether the byte before at is the letter of an escape, as in "\n", or ends a %-escape, as in "%3D".
// Neither is part of a word.
func escaped(text []byte, at int) bool {
	return at >= 2 && text[at-2] == '\\' && bytes.IndexByte([]byte("nrt"), text[at-1]) >= 0 || at >= 3 && text[at-3] == '%'
}

// after matches a number of random characters after the keyword.
func after(of *class, least, most int) func([]byte, int, int) (span, bool) {
	return func(text []byte, _, end int) (span, bool) {
		stop := of.run(text, end, most+1)
		if n := stop - end; n < least || n > most || !random(text[end:stop]) || !mixed(text[end:stop]) {
			return span{}, false
		}
		return span{start: end, end: stop}, true
	}
}

// around matches a keyword with random characters before and after it.
func around(before *class, behind int, middle string, of *class, least, most int) func([]byte, int, int) (span, bool) {
	return func(text []byte, at, end int) (span, bool) {
		start := before.back(text, at, behind)
		if at-start < behind || string(text[at:end]) != middle {
			return span{}, false
		}
		stop := sentence(text, end, of.run(text, end, most+1))
		if n := stop - end; n < least || n > most || !random(text[start:stop]) {
			return span{}, false
		}
		if middle == "T3BlbkFJ" { // an older format with a longer prefix
			start = urlSafe.back(text, start, 128)
		}
		return span{start: start, end: stop}, true
	}
}

// part describes a stretch between dots.
type part struct {
	of       *class
	min, max int
}

// parts matches a prefix and stretches of random characters, joined by dots.
func parts(prefix string, list ...part) func([]byte, int, int) (span, bool) {
	return func(text []byte, at, end int) (span, bool) {
		if string(text[at:end]) != prefix || dotted.before(text, at) && !escaped(text, at) {
			return span{}, false
		}
		for i, p := range list {
			if i > 0 {
				if end == len(text) || text[end] != '.' {
					return span{}, false
				}
				end++
			}
			stop := p.of.run(text, end, p.max+1)
			if n := stop - end; n < p.min || n > p.max || !random(text[end:stop]) {
				return span{}, false
			}
			end = stop
		}
		return span{start: at, end: end}, true
	}
}

// telegram matches a bot's number, a colon, and 35 characters that begin with AA.
func telegram(text []byte, at, end int) (span, bool) {
	start := digit.back(text, at, 11)
	stop := urlSafe.run(text, end, 34)
	if n := at - start; n < 8 || n > 10 || stop-end != 33 || string(text[at:end]) != ":AA" || word.before(text, start) && !escaped(text, start) || !random(text[end:stop]) {
		return span{}, false
	}
	return span{start: start, end: stop}, true
}

// maxJWT bounds a part of a JSON web token, in bytes.
const maxJWT = 16 << 10

// jsonWebToken matches a signed token of RFC 7519 in its compact form. "eyJ" is the base64 of the beginning of a JSON
// object.
func jsonWebToken(text []byte, at, end int) (span, bool) {
	if string(text[at:end]) != "eyJ" || dotted.before(text, at) && !escaped(text, at) {
		return span{}, false
	}
	for i, least := range [...]int{8, 4, 20} {
		if i > 0 {
			if end == len(text) || text[end] != '.' {
				return span{read: end - at}, false
			}
			end++
		}
		stop := urlSafe.run(text, end, maxJWT)
		if stop-end < least || i == 1 && !bytes.HasPrefix(text[end:stop], []byte("eyJ")) {
			return span{read: stop - at}, false
		}
		end = stop
	}
	return span{start: at, end: end, read: end - at}, true
}
