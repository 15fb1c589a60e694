package text

import (
	"bytes"
	"regexp"
)

// maxDeclaration is how far into a file a declaration of its encoding counts,
// in bytes, as in HTML. It is also how far before the end an editor's line
// counts.
const maxDeclaration = 1024

var (
	xmlEncoding = regexp.MustCompile(`^\s*<\?xml\b[^>]*\bencoding\s*=\s*["']([-\w.:]+)["']`)
	htmlCharset = regexp.MustCompile(`(?i)<meta\b[^>]*\bcharset\s*=\s*["']?([-\w.:]+)`)
	cssCharset  = regexp.MustCompile(`^@charset "([-\w.:]+)";`)
	cookie      = regexp.MustCompile(`^[ \t\f]*(?:#|//|/\*|;|%|--|<!--|").*?coding[:=][ \t]*([-\w.]+)`) // PEP 263, and Emacs' form
	emacsEnd    = regexp.MustCompile(`Local Variables:[^\x00]*?\bcoding:[ \t]*([-\w.]+)`)
	vimEncoding = regexp.MustCompile(`\b(?:vi|vim|ex):.*\b(?:fileencoding|fenc)=([-\w.]+)`)
)

const (
	maxCookie    = 2 // lines in which a cookie counts
	maxModelines = 5 // lines at each end in which an editor's line counts
)

// declared returns the encoding that a file declares: in the declaration of
// XML, HTML or CSS; in the cookie of Python, Ruby or Emacs in one of the first
// two lines; in Emacs' variables at the end; or in a line for Vim. It returns "" if there is no declaration.
func declared(content []byte) string {
	head := content[:min(len(content), maxDeclaration)]
	for _, pattern := range []*regexp.Regexp{xmlEncoding, cssCharset, htmlCharset} {
		if m := pattern.FindSubmatch(head); m != nil {
			return string(m[1])
		}
	}
	lines := bytes.Split(head, []byte("\n"))
	for _, line := range lines[:min(len(lines), maxCookie)] {
		if m := cookie.FindSubmatch(line); m != nil {
			return string(m[1])
		}
	}
	end := content[max(0, len(content)-maxDeclaration):]
	if m := emacsEnd.FindSubmatch(end); m != nil {
		return string(m[1])
	}
	tail := bytes.Split(bytes.TrimRight(end, "\r\n"), []byte("\n"))
	near := append(lines[:min(len(lines), maxModelines):min(len(lines), maxModelines)], tail[max(0, len(tail)-maxModelines):]...)
	for _, line := range near {
		if m := vimEncoding.FindSubmatch(line); m != nil {
			return string(m[1])
		}
	}
	return ""
}
