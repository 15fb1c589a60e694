package wiki

import (
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// The longest texts of a repository that a page shows, in runes.
const (
	maxSignature = 200
	maxSentence  = 300
	maxReadme    = 600
	maxName      = 300
)

// clean makes one line of a text. It drops control characters, characters that turn the direction
// of text and invisible ones, and keeps at most most runes.
func clean(text string, most int) string {
	var out strings.Builder
	runes, space := 0, false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = out.Len() > 0
			continue
		case unicode.Is(unicode.Cf, r):
			continue
		}
		if runes == most {
			return out.String() + " …"
		}
		if space {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
		space = false
		runes++
	}
	return out.String()
}

// markdown escapes a text so that no form of Markdown sees markup, a link or a mention in it.
func markdown(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '<' || r == '>' || r == '&':
			out.WriteString(html.EscapeString(string(r)))
		case r == '@':
			out.WriteString("&#64;")
		case strings.ContainsRune(` ,/;?%'"`, r):
			out.WriteRune(r)
		case text == "x" || text == "X": // between brackets it would be the box of a task
			fmt.Fprintf(&out, "&#%d;", r)
		case r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)):
			out.WriteByte('\\')
			out.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// span is a code span. Its fence is longer than any in the text.
func span(text string) string {
	longest, run := 0, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// escaped is a path as part of a URL's path.
func escaped(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// hosts are templates of links at public hosts.
var hosts = map[string]string{
	"github.com":    "/blob/{commit}/{path}#L{first}-L{last}",
	"gitlab.com":    "/-/blob/{commit}/{path}#L{first}-{last}",
	"bitbucket.org": "/src/{commit}/{path}#lines-{first}:{last}",
	"codeberg.org":  "/src/commit/{commit}/{path}#L{first}-L{last}",
	"gitea.com":     "/src/commit/{commit}/{path}#L{first}-L{last}",
}

// CheckLink says what is wrong with a template of links, or "" if it is right.
func CheckLink(template string) string {
	u, err := url.Parse(template)
	switch {
	case len(template) > 1024:
		return "it is longer than 1024 bytes"
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		return "it must begin with https:// or http:// and a host"
	case !strings.Contains(template, "{path}"):
		return "it does not contain {path}"
	case strings.ContainsAny(template, "\"'<>()`\\ \t\r\n"):
		return "it holds a character that is not allowed in a URL"
	}
	return ""
}

// link is the URL of lines at the commit; "": there is none.
func (s Source) link(file string, first, last int) string {
	template := s.Link
	if template == "" {
		u, err := url.Parse(s.URL)
		if err != nil || hosts[strings.ToLower(u.Hostname())] == "" {
			return ""
		}
		template = "https://" + strings.ToLower(u.Hostname()) + "/" + escaped(strings.Trim(strings.TrimSuffix(u.Path, ".git"), "/")) + hosts[strings.ToLower(u.Hostname())]
	}
	if first == 0 {
		template, _, _ = strings.Cut(template, "#")
	}
	return strings.NewReplacer("{commit}", escaped(s.Commit), "{path}", escaped(file), "{line}", strconv.Itoa(first), "{first}", strconv.Itoa(first),
		"{last}", strconv.Itoa(max(first, last))).Replace(template)
}
