package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/leatworks/leat/internal/fault"
)

// The errors that end a fetch for good. Each is wrapped in a fault.Reject: trying again changes
// nothing until somebody acts on the message.
var (
	ErrNotFound = errors.New("repository not found")
	ErrAuth     = errors.New("access denied")
	ErrNoRef    = errors.New("no such ref")
	ErrEmpty    = errors.New("repository is empty")
	ErrTooLarge = errors.New("too large")
	// ErrRefused is Parse's: leat may not contact the host, port or address, or read
	// the path.
	ErrRefused = errors.New("refused")
)

// ErrNoCommit is the error of reading a commit that the mirror does not hold. A fetch of
// that commit may help.
var ErrNoCommit = errors.New("the mirror does not hold commit")

// ErrUnreachable is the only error about a host to which no connection could be made,
// which broke the connection off, kept silent or answered with an error of its own, or
// which has no address that may be contacted. It is a single error, so that nobody can
// explore a network by submitting URLs. It is wrapped in a fault.Retry: networks recover.
var ErrUnreachable = errors.New("unreachable: no connection to its host can be made or kept")

// errUnread is the error of a remote whose answer git did not understand.
var errUnread = errors.New("git could not read what its host answered")

// errNetwork marks a failure on the way to the remote, of which the mirror itself cannot be
// the cause.
var errNetwork = errors.New("network")

// signs maps the messages of git and ssh (under LC_ALL=C) to their meanings.
// The first match counts.
var signs = []struct {
	text string
	err  error
}{
	{"Authentication failed", ErrAuth},
	{"could not read Username", ErrAuth},
	{"could not read Password", ErrAuth},
	{"Permission denied", ErrAuth},
	{"Host key verification failed", ErrAuth},
	{"returned error: 401", ErrAuth},
	{"returned error: 403", ErrAuth},
	{"HTTP Basic: Access denied", ErrAuth},
	{"couldn't find remote ref", ErrNoRef},
	{"ut of memory", ErrTooLarge},
	{"File too large", ErrTooLarge},
	{"returned error: 404", ErrNotFound},
	{"does not appear to be a git repository", ErrNotFound},
	{"epository not found", ErrNotFound},
	{"could not be found", ErrNotFound},
	{"repository not exported", ErrNotFound}, // of git daemon
	{"returned error: ", errNetwork},
	{"unable to access", errNetwork},
	{"Could not resolve host", errNetwork},
	{"onnection", errNetwork},
	{"timed out", errNetwork},
	{"hung up unexpectedly", errNetwork},
	{"unexpected disconnect", errNetwork},
	{"RPC failed", errNetwork},
	{"early EOF", errNetwork},
	{"Could not read from remote repository", errNetwork},
	{"on the remote side", errNetwork},
}

var notFoundPattern = regexp.MustCompile(`repository '[^']*' not found`)

// meaning returns the meaning of a failed run of git, or nil if it is unknown.
func meaning(stderr string) error {
	if notFoundPattern.MatchString(stderr) {
		return ErrNotFound
	}
	for _, sign := range signs {
		if strings.Contains(stderr, sign.text) {
			return sign.err
		}
	}
	return nil
}

// explain turns the error of a remote operation into one that says what it
// means, what to do about it, and whether to try again.
func explain(remote Remote, err error) error {
	if kind, _ := fault.Of(err); kind != fault.KindRetry {
		return err
	}
	var f *failure
	if !errors.As(err, &f) {
		if errors.Is(err, errSilent) && !remote.Local() {
			return fault.Retry(&hidden{ErrUnreachable, err})
		}
		return fault.Retry(err)
	}
	found := meaning(f.stderr)
	switch {
	case f.cause != nil: // no connection: the rest of git's words follow from that
		return fault.Retry(&hidden{ErrUnreachable, err})
	case errors.Is(found, ErrAuth), errors.Is(found, ErrNotFound):
		return fault.Reject(fmt.Errorf("%w (%w)%s", found, err, hint(remote, f.stderr)))
	case errors.Is(found, ErrNoRef):
		return fault.Reject(fmt.Errorf("%w (%w)", found, err))
	case strings.Contains(f.stderr, "corruption on the remote side") && isPartial(remote):
		return fault.Reject(fmt.Errorf("the repository is a partial clone, which lacks objects; submit the one that it was cloned from (%w)", err))
	case slices.ContainsFunc(damage, func(sign string) bool { return strings.Contains(f.stderr, sign) }):
		return fault.Reject(fmt.Errorf("the repository is damaged at its source, or a partial clone; run git fsck there (%w)", err))
	case strings.Contains(f.stderr, "dumb http transport"):
		return fault.Reject(fmt.Errorf("the server speaks only git's old file protocol, which leat does not (%w)", err))
	case strings.Contains(f.stderr, "returned error: 429"):
		return fault.RetryAfter(&hidden{ErrUnreachable, err}, time.Minute)
	case f.remote && errors.Is(found, errNetwork):
		return fault.Retry(&hidden{ErrUnreachable, err})
	case f.remote && found == nil:
		return fault.Retry(&hidden{errUnread, err})
	}
	return fault.Retry(err)
}

// hidden is an error of which people see only the kind; its cause is for the log.
type hidden struct{ kind, cause error }

func (h *hidden) Error() string   { return h.kind.Error() + "; the ingestor's log says why" }
func (h *hidden) Unwrap() []error { return []error{h.kind, h.cause} }

func (h *hidden) Detail() string {
	if detail := fault.Detail(h.cause); detail != "" {
		return detail
	}
	return visible(h.cause.Error())
}

// damage lists the signs of a repository that is damaged at its source. By then a fetch
// into a new mirror has failed too.
var damage = []string{"corruption on the remote side", "not our ref", "did not receive expected object", "pack has bad object", "pack is corrupted"}

// isPartial says whether a repository of this machine is a partial clone, which lacks
// objects that its origin promises to have.
func isPartial(remote Remote) bool {
	if !remote.Local() {
		return false
	}
	for _, name := range []string{"config", ".git/config"} {
		file, err := os.Open(filepath.Join(remote.text, name))
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(file, maxConfig)) // what can be read tells
		file.Close()
		lower := strings.ToLower(string(text))
		return strings.Contains(lower, "promisor") || strings.Contains(lower, "partialclone")
	}
	return false
}

// maxConfig bounds what is read of a stranger's configuration, in bytes.
const maxConfig = 1 << 20

// hint tells an operator what to do when a remote refuses access. Forges answer "not found"
// for repositories that the caller may not see.
func hint(remote Remote, stderr string) string {
	switch remote.kind {
	case kindLocal:
		return "; give the path of a repository that the ingestor can read, or a URL that begins with https:// or ssh://"
	case kindGit:
		return "; check the URL, and that the host serves the repository by git://"
	case kindSSH:
		if strings.Contains(stderr, "Host key verification failed") {
			return fmt.Sprintf("; add the host key of %s to the known hosts file of the ingestor", remote.host)
		}
		return "; check the URL, and that the ingestor's ssh key may read the repository"
	}
	return "; check the URL; a private repository needs a token: " + tokenAdvice(remote.host)
}

// suspicious says whether a failed fetch may be the mirror's own fault.
func suspicious(ctx context.Context, err error) bool {
	var f *failure
	return ctx.Err() == nil && errors.As(err, &f) && meaning(f.stderr) == nil
}

// visible escapes characters that are invisible or would change how others are shown.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

const maxMessage = 500

var (
	userinfo = regexp.MustCompile(`://[^/\s'"]*@`)
	progress = regexp.MustCompile(`^(remote: )?\w[\w ]*: +(\d+% \(|\d+, done|\d+\s*$)|^From |^ [*+=t!-] |^remote: (Total|Enumerating|Counting|Compressing) `)
)

// scrub makes one bounded line of git's output, without progress, control characters or
// secrets.
func scrub(stderr string, secrets []string) string {
	var lines []string
	for line := range strings.FieldsFuncSeq(stderr, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = strings.TrimRight(line, " "); line != "" && !progress.MatchString(line) {
			lines = append(lines, line)
		}
	}
	text := strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.Join(lines, "; "), "?"))
	for _, secret := range secrets { // last: control characters could hide one
		text = strings.ReplaceAll(text, secret, "***")
	}
	text = userinfo.ReplaceAllString(text, "://***@")
	if len(text) > maxMessage { // the end says why git gave up
		text = "…" + strings.ToValidUTF8(text[len(text)-maxMessage:], "")
	}
	return text
}
