package events

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	headerTraceParent = "traceparent"
	headerTraceState  = "tracestate"

	maxAttribute  = 4096 // bytes of an attribute; git and file systems seldom hold a longer path
	maxTraceState = 512  // what the W3C asks a system to carry at least
	maxQuoted     = 64   // bytes of an input that an error repeats
)

// fold gives the headers lower-case names. Where names differ by case alone,
// the one with the most lower-case letters wins, so that the result never
// depends on the map's order.
func (h Header) fold() Header {
	folded := make(Header, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) { // upper case sorts first
		folded[strings.ToLower(name)] = h[name]
	}
	return folded
}

// escape writes a header's value by the rule of the NATS binding: UTF-8, in which
// the space, the double quote, the percent sign and everything but printable ASCII
// are percent-encoded.
func escape(value string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c > ' ' && c < 0x7f && c != '"' && c != '%' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// unescape reads a header's value: first a quoted string (RFC 7230, section
// 3.2.6), which older producers send, then one round of percent-decoding.
func unescape(value string) (string, error) {
	if len(value) > 3*maxAttribute {
		return "", tooLong(len(value))
	}
	value = unquote(strings.Trim(value, " \t"))
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			b.WriteByte(value[i])
			continue
		}
		if i+2 >= len(value) || unhex(value[i+1]) < 0 || unhex(value[i+2]) < 0 {
			return "", errors.New("% without two hex digits; write a percent sign as %25")
		}
		b.WriteByte(byte(unhex(value[i+1])<<4 | unhex(value[i+2])))
		i += 2
	}
	return b.String(), nil
}

func unquote(value string) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value
	}
	value = value[1 : len(value)-1]
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) {
			i++
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// checkAttribute refuses a string that CloudEvents forbids, because it has control
// characters or is not Unicode. It also refuses an unreasonably long one.
func checkAttribute(value string) error {
	switch {
	case len(value) > maxAttribute:
		return tooLong(len(value))
	case !utf8.ValidString(value):
		return errors.New("not UTF-8; percent-encode the bytes of its UTF-8 form")
	case strings.ContainsFunc(value, unicode.IsControl):
		return errors.New("a control character; leave it out")
	}
	return nil
}

func tooLong(n int) error {
	return fmt.Errorf("%d bytes; at most %d are accepted", n, maxAttribute)
}

var userInfo = regexp.MustCompile(`://[^/\s]*@`)

// hideCredential takes user and password out of the URLs in a subject. Subjects are
// for people and go into logs.
func hideCredential(subject string) string {
	return userInfo.ReplaceAllLiteralString(subject, "://")
}

// cleanSubject turns any path into an attribute: U+FFFD replaces characters
// that an attribute may not hold, and a path that is too long loses its end.
func cleanSubject(subject string) string {
	subject = hideCredential(subject)
	if checkAttribute(subject) == nil {
		return subject
	}
	subject = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(subject, "\uFFFD"))
	return cut(subject, maxAttribute)
}

// cut shortens s to at most n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// quote renders input for an error, shortened.
func quote(s string) string {
	if len(s) > maxQuoted {
		return fmt.Sprintf("%q…", cut(s, maxQuoted))
	}
	return fmt.Sprintf("%q", s)
}

var traceParentPattern = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// traceContext returns the message's own trace context. If the message has none that
// is well formed, it returns the one that the event carries as an extension. A trace
// is only an aid: a malformed one is no reason to refuse an event.
func traceContext(h Header, e Event) (parent, state string) {
	for _, c := range [][2]string{
		{h[headerTraceParent], h[headerTraceState]},
		{h["ce-"+headerTraceParent], h["ce-"+headerTraceState]},
		{e.TraceParent, e.TraceState},
	} {
		if !isTraceParent(c[0]) {
			continue
		}
		if isTraceState(c[1]) {
			return c[0], c[1]
		}
		return c[0], ""
	}
	return "", ""
}

// isTraceParent follows https://www.w3.org/TR/trace-context/#traceparent-header:
// version ff and ids of zeros are invalid.
func isTraceParent(s string) bool {
	return traceParentPattern.MatchString(s) && s[:2] != "ff" &&
		strings.Trim(s[3:35], "0") != "" && strings.Trim(s[36:52], "0") != ""
}

func isTraceState(s string) bool {
	return s != "" && len(s) <= maxTraceState && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
