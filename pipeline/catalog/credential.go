package catalog

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// badURL says why a connection string cannot be used. It repeats nothing of a
// malformed string, because any part of it may be a password. It passes on only
// the name of a file that could not be read.
func badURL(err error) error {
	var malformed *pgconn.ParseConfigError
	if !errors.As(err, &malformed) {
		return errors.New("not usable")
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		return file
	}
	return errBadURL
}

var errBadURL = errors.New("not understood: write postgres://user@host:port/database?options, or key=value pairs," +
	" and percent-encode what is special in a URL's user name and password")

// misread says whether a part of a password was read as a part of the address, which
// errors repeat. That happens if the password holds an @ or a slash that is not escaped.
func misread(cfg *pgconn.Config) bool {
	parts := []string{cfg.Host, cfg.Database}
	for _, other := range cfg.Fallbacks {
		parts = append(parts, other.Host)
	}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(part, "@") })
}

var (
	// userInfo is the text between a URL's scheme and its host. It ends at
	// the last @ before a slash, because people do not escape what they paste.
	userInfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*:)(//|\\/\\/)((?:[^/\s"\\]|\\[^/])*)@`)
	// sshUser is a user that is part of an ssh address and no secret.
	sshUser = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	escaped    = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
	secretName = regexp.MustCompile(`(?i)authorization|cookie|password|secret|token|api-?key`)
)

// wrappings is how many layers of JSON, percent-encoding and base64 are looked
// through: a structured CloudEvent holds base64 that holds JSON that holds a URL.
const wrappings = 4

// hide takes the credentials out of the URLs in text from outside. Text without a
// credential stays as it is.
func hide(text string) string { return hideIn(text, wrappings) }

func hideIn(text string, depth int) string {
	if strings.Contains(text, "@") {
		text = userInfo.ReplaceAllStringFunc(text, hideUserInfo)
	}
	if depth == 0 {
		return text
	}
	if strings.Contains(text, `"`) {
		text = jsonString.ReplaceAllStringFunc(text, func(literal string) string { return hideInString(literal, depth-1) })
	}
	if plain := escaped.ReplaceAllStringFunc(text, unescape); plain != text {
		if hidden := hideIn(plain, depth-1); hidden != plain {
			return hidden
		}
	}
	return hideInBase64(text, depth-1)
}

// hideInString looks into a JSON string.
func hideInString(literal string, depth int) string {
	var value string
	if json.Unmarshal([]byte(literal), &value) != nil {
		return literal
	}
	hidden := hideIn(value, depth)
	if hidden == value {
		return literal
	}
	encoded, _ := json.Marshal(hidden) // a string always can be
	return string(encoded)
}

// hideInBase64 looks into a text that is base64 as a whole. The first alphabet that can read
// it decides: any other that can read it finds the same bytes, and to try all would cost four
// times the work at each layer.
func hideInBase64(text string, depth int) string {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		plain, err := encoding.DecodeString(text)
		if err != nil {
			continue
		}
		if hidden := hideIn(string(plain), depth); hidden != string(plain) {
			return encoding.EncodeToString([]byte(hidden))
		}
		return text
	}
	return text
}

// hideUserInfo hides the user information of a URL. It leaves an ssh URL its user, which is
// part of the address.
func hideUserInfo(match string) string {
	part := userInfo.FindStringSubmatch(match)
	scheme, slashes := part[1], part[2]
	user, _, _ := strings.Cut(part[3], ":")
	if strings.Contains(strings.ToLower(scheme), "ssh") && sshUser.MatchString(user) {
		return scheme + slashes + user + "@"
	}
	return scheme + slashes
}

// unescape decodes one %XX, which the pattern has checked.
func unescape(code string) string {
	const digits = "0123456789abcdef"
	code = strings.ToLower(code)
	return string([]byte{byte(strings.IndexByte(digits, code[1])<<4 | strings.IndexByte(digits, code[2]))})
}

// clean makes text from outside storable: without credentials, at most most bytes,
// valid UTF-8 and without NUL.
func clean(text string, most int) string {
	text = hide(text) // before the end is cut off, because the @ there may mark a password
	return storable(text[:min(len(text), most)])
}

// storable puts U+FFFD in place of bytes that Postgres does not accept as text.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

const maxReason = 2 << 10 // bytes of an error that are kept

// reasonOf makes an error's text storable. A reason is never empty.
func reasonOf(text string) string { return orDefault(clean(text, maxReason), "no reason given") }
