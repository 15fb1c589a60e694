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

// kind says what went wrong with a request, and so decides what comes next.
type kind int

const (
	busy    kind = iota // the provider has too much to do: later, and fewer at once
	slow                // no answer in time: like busy, and perhaps a fault
	down                // it is broken, or what answers is not the provider
	denied              // it does not let us in, or does not have the model
	refused             // it does not take these texts
)

// problem is a request that brought no vectors.
type problem struct {
	kind  kind
	after time.Duration // when the provider says to come back; 0: it does not
	// answered says that the provider's server gave this answer to the texts: it
	// is reached, and runs.
	answered bool
	err      error
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// fault marks the error for the caller.
func (p *problem) fault() error {
	if p.after > 0 {
		return fault.RetryAfter(p.err, p.after)
	}
	return fault.Retry(p.err)
}

// quota is OpenAI's 429 that no waiting of seconds helps with.
const (
	quota      = "insufficient_quota"
	quotaPause = 5 * time.Minute
	maxPause   = 10 * time.Minute // that a provider can make us wait without being asked again
)

// judge reads an answer that is not a success.
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
	case status >= 500 && isTooLong(c.message): // llama.cpp's, and Ollama's of old
		p.kind = refused
	default:
		p.kind = down
	}
	// What is said of a key may quote it.
	said := quote(c.message)
	if p.kind == denied && status != http.StatusNotFound {
		said = ""
	}
	p.err = fmt.Errorf("answered %d %s%s", status, http.StatusText(status), said)
	return p
}

// tooLong is how providers say that a text is. OpenAI and vLLM: "maximum
// context length is 8192 tokens"; TEI: "must have less than 512 tokens"; Ollama
// and llama.cpp: "exceeds the context length", "too large to process"; Cohere:
// "too many tokens", "too long"; Voyage: "max allowed tokens".
var tooLong = regexp.MustCompile(`(?i)context (length|size|window)|too (long|large|many tokens)|less than \d+ tokens|max(imum)?( allowed)? (input )?(tokens|length)|exceeds? the (limit|max)`)

func isTooLong(message string) bool { return tooLong.MatchString(message) }

// retryAfter is when the provider says to come back, by the headers that are in
// use or by the answer itself.
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

// exhausted returns how long to send nothing, because nothing is left of a
// limit. It reads OpenAI's headers, which Azure, Groq and vLLM's gateways
// share.
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

// maxQuoted bounds what an error repeats of an answer.
const maxQuoted = 200

// quote shows one line of the provider's message.
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
