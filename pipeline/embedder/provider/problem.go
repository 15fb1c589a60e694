package provider

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/leatworks/leat/internal/fault"
)

// kind is the kind of a failure. It decides what happens next.
type kind int

const (
	busy    kind = iota // the provider is overloaded: try later, with fewer requests at once
	slow                // no answer in time: the provider is busy or broken
	down                // the provider is broken, or another server answers
	denied              // the provider refuses the key, or does not have the model
	refused             // the provider refuses these texts
)

// problem is the failure of a request.
type problem struct {
	kind  kind
	after time.Duration // the time to wait that the provider gives; 0 if it gives none
	// answered tells that the answer came from the provider's server, which is therefore reachable and running.
	answered bool
	err      error
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// fault returns the error with the fault mark for the caller.
func (p *problem) fault() error {
	if p.after > 0 {
		return fault.RetryAfter(p.err, p.after)
	}
	return fault.Retry(p.err)
}

// quota is the code of OpenAI's answer 429 for a spent quota. A wait of seconds does not help against it.
const (
	quota      = "insufficient_quota"
	quotaPause = 5 * time.Minute
	maxPause   = 10 * time.Minute // the longest wait that a provider can ask for
)

// judge turns an answer that is not a success into a problem.
func judge(status int, h http.Header, c complaint, now time.Time) *problem {
	p := &problem{after: retryAfter(h, c, now), answered: true}
	switch {
	case status == http.StatusTooManyRequests && c.code == quota:
		p.kind, p.after = busy, max(p.after, quotaPause)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && p.after > 0:
		p.kind = busy
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		p.kind = slow
	case status == http.StatusBadRequest && strings.Contains(strings.ToLower(c.message), "api key"), // Gemini's wrong key
		status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired,
		status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status >= 300 && status < 400:
		p.kind = denied
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		p.kind = refused
	case status >= 500 && isTooLong(c.message): // llama.cpp and old versions of Ollama
		p.kind = refused
	default:
		p.kind = down
	}
	// A message about a key may quote the key.
	said := quote(c.message)
	if p.kind == denied && status != http.StatusNotFound {
		said = ""
	}
	p.err = fmt.Errorf("answered %d %s%s", status, http.StatusText(status), said)
	return p
}

// tooLong matches the messages of providers about a text that is too long. OpenAI and vLLM: "maximum context length is
// 8192 tokens"; TEI: "must have less than 512 tokens"; Ollama and llama.cpp: "exceeds the context length", "too large
// to process"; Cohere: "too many tokens", "too long"; Voyage: "max allowed tokens".
var tooLong = regexp.MustCompile(`(?i)context (length|size|window)|too (long|large|many tokens)|less than \d+ tokens|max(imum)?( allowed)? (input )?(tokens|length)|exceeds? the (limit|max)`)

func isTooLong(message string) bool { return tooLong.MatchString(message) }

// retryAfter returns the time to wait that the provider gives, in the usual headers or in the answer itself.
func retryAfter(h http.Header, c complaint, now time.Time) time.Duration {
	var after time.Duration
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		after = time.Duration(ms * float64(time.Millisecond))
	} else if s, err := strconv.ParseFloat(h.Get("Retry-After"), 64); err == nil {
		after = time.Duration(s * float64(time.Second))
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		after = at.Sub(now)
	} else if d, err := time.ParseDuration(c.after); err == nil {
		after = d
	}
	return min(max(after, 0), maxPause)
}

// exhausted returns the time to wait because a limit is used up. It reads the headers of OpenAI, which Azure, Groq and
// the gateways of vLLM send too.
func exhausted(h http.Header) time.Duration {
	var wait time.Duration
	for _, what := range []string{"Requests", "Tokens"} {
		if strings.TrimSpace(h.Get("X-Ratelimit-Remaining-"+what)) != "0" {
			continue
		}
		reset := h.Get("X-Ratelimit-Reset-" + what)
		if d, err := time.ParseDuration(reset); err == nil {
			wait = max(wait, d)
		} else if s, err := strconv.ParseFloat(reset, 64); err == nil && s < maxPause.Seconds() { // not a date
			wait = max(wait, time.Duration(s*float64(time.Second)))
		}
	}
	return min(wait, maxPause)
}

// maxQuoted is the most characters of an answer that an error quotes.
const maxQuoted = 200

// quote returns the provider's message as one line.
func quote(message string) string {
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(message, "\uFFFD"))
	runes := []rune(strings.TrimSpace(message))
	if len(runes) == 0 {
		return ""
	}
	if len(runes) > maxQuoted {
		runes = append(runes[:maxQuoted], '…')
	}
	return ": " + string(runes)
}

var errTooLarge = errors.New("the answer is larger than vectors can be")
