package secret

import "bytes"

// maxUserinfo bounds the user and password of a URL, in bytes.
const maxUserinfo = 512

// afterHost holds the bytes that end the authority of a URL in code and in prose.
var afterHost = classOf("/?#\"'`<>()[]{}|\\ \t\r\n")

// urlPassword matches scheme://user:password@host, and scheme://token@host.
func urlPassword(text []byte, at, end int) (span, bool) {
	if !alnum.before(text, at) {
		return span{}, false
	}
	window := text[end:min(len(text), end+maxUserinfo)]
	stop := bytes.IndexFunc(window, func(r rune) bool { return r < 0x80 && afterHost[r] })
	if stop >= 0 {
		window = window[:stop]
	}
	host := bytes.LastIndexByte(window, '@')
	if host < 1 {
		return span{}, false
	}
	user, password, both := bytes.Cut(window[:host], []byte(":"))
	if !both {
		// This is a token alone. User names are shorter.
		if len(user) < 20 || !random(user) || !mixed(user) {
			return span{}, false
		}
		return span{start: end, end: end + host}, true
	}
	if bytes.EqualFold(user, password) || !isPassword(password) {
		return span{}, false
	}
	return span{start: end + len(user) + 1, end: end + host}, true
}

// dsnPassword matches user:password@tcp(host), as drivers of MySQL write it.
func dsnPassword(text []byte, at, _ int) (span, bool) {
	window := text[max(0, at-maxUserinfo):at]
	if i := bytes.LastIndexAny(window, "\"'` \t\r\n=/"); i >= 0 {
		window = window[i+1:]
	}
	user, password, both := bytes.Cut(window, []byte(":"))
	if !both || bytes.EqualFold(user, password) || !isPassword(password) {
		return span{}, false
	}
	return span{start: at - len(password), end: at}, true
}
