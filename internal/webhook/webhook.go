// Package webhook reads the deliveries of git hosts. It verifies that the sender of a delivery
// knows the hook's secret, and turns the payload into effects, which say what has happened to which
// repository.
//
// It owns each provider's headers, signature and payload, and the allow-list of hosts and owners,
// which decides the URL that a payload may stand for. It does not act on effects and opens no
// store: internal/service does both.
//
// Everything in a delivery is hostile until Verify has returned nil, and its content is doubtful
// even then. So a payload is bounded in size, depth and number of changes, and may only name
// repositories that the hook's allow-list knows.
package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Provider is a kind of git host.
type Provider string

// The providers. Their names are part of a hook's address: /hooks/{provider}/{hook}.
const (
	GitHub     Provider = "github"     // github.com and GitHub Enterprise Server
	GitLab     Provider = "gitlab"     // gitlab.com and self-managed
	Gitea      Provider = "gitea"      // Gitea
	Forgejo    Provider = "forgejo"    // Forgejo, Codeberg
	Bitbucket  Provider = "bitbucket"  // Bitbucket Cloud
	DataCenter Provider = "datacenter" // Bitbucket Data Center
	Generic    Provider = "generic"    // anything that can sign JSON
)

// format says how a provider's deliveries are verified and read.
type format struct {
	signature []string // headers that may hold the signature of the body
	event     []string // headers that name the event; the first one present counts
	delivery  []string // headers that name the delivery
	form      bool     // the payload may be a field of a form
	verify    func(f format, secret string, r Request) bool
	parse     func(event string, payload []byte) ([]Effect, error)
}

var formats = map[Provider]format{
	GitHub: {
		signature: []string{"X-Hub-Signature-256"}, event: []string{"X-GitHub-Event"}, delivery: []string{"X-GitHub-Delivery"},
		form: true, verify: verifyBody, parse: parseGitHub,
	},
	GitLab: {
		event: []string{"X-Gitlab-Event"}, delivery: []string{"Webhook-Id", "Idempotency-Key", "X-Gitlab-Event-UUID"},
		verify: verifyGitLab, parse: parseGitLab,
	},
	Gitea: {
		signature: []string{"X-Gitea-Signature", "X-Hub-Signature-256"}, event: []string{"X-Gitea-Event"}, delivery: []string{"X-Gitea-Delivery"},
		form: true, verify: verifyBody, parse: parseGitea,
	},
	Forgejo: {
		signature: []string{"X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"}, event: []string{"X-Forgejo-Event", "X-Gitea-Event"},
		delivery: []string{"X-Forgejo-Delivery", "X-Gitea-Delivery"},
		form:     true, verify: verifyBody, parse: parseGitea,
	},
	Bitbucket: {
		signature: []string{"X-Hub-Signature"}, event: []string{"X-Event-Key"}, delivery: []string{"X-Request-UUID"},
		verify: verifyBody, parse: parseBitbucket,
	},
	DataCenter: {
		signature: []string{"X-Hub-Signature"}, event: []string{"X-Event-Key"}, delivery: []string{"X-Request-Id"},
		verify: verifyBody, parse: parseDataCenter,
	},
	Generic: {
		signature: []string{"X-Leat-Signature"}, event: []string{"X-Leat-Event"}, delivery: []string{"X-Leat-Delivery"},
		verify: verifyBody, parse: parseGeneric,
	},
}

// Providers lists the providers by name.
func Providers() []Provider {
	list := make([]Provider, 0, len(formats))
	for p := range formats {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// Check refuses a provider that leat does not know.
func (p Provider) Check() error {
	if _, known := formats[p]; !known {
		return fmt.Errorf("no provider %q: give one of %s", p, strings.Join(names(Providers()), ", "))
	}
	return nil
}

// The kinds of errors.
var (
	// ErrUnauthenticated says that a delivery's signature is missing or wrong.
	ErrUnauthenticated = errors.New("the signature is missing or wrong")
	// ErrContentType says that the payload is neither JSON nor a form that the provider may send.
	ErrContentType = errors.New("the content type is not supported")
	// ErrPayload says that the payload cannot be understood.
	ErrPayload = errors.New("the payload cannot be understood")
)

// MaxBody bounds the body of a delivery, in bytes. GitHub sends no larger payload.
const MaxBody = 25 << 20

// Request is a delivery as it arrived.
type Request struct {
	Header http.Header
	Body   []byte
}

// first returns the value of the first header that is present.
func (r Request) first(names []string) string {
	for _, name := range names {
		if value := r.Header.Get(name); value != "" {
			return value
		}
	}
	return ""
}

// Delivery is the content of a verified request.
type Delivery struct {
	ID      string // the provider's id of the delivery; "": it gave no usable one
	Event   string // the provider's name of the event; "": it gave none
	Payload []byte // JSON
	Effects []Effect
}

// Read returns the content of a verified request. Even with an error, the answer holds the names of
// the delivery and the event, and the payload as far as it is known.
func Read(p Provider, r Request) (d Delivery, err error) {
	f, known := formats[p]
	if !known {
		return d, p.Check()
	}
	d.ID, d.Event = name(r.first(f.delivery)), name(r.first(f.event))
	d.Payload, err = payload(f, r)
	if err != nil {
		return d, err
	}
	if d.Effects, err = f.parse(d.Event, d.Payload); err != nil {
		return d, err
	}
	d.Effects = bounded(d.Effects)
	return d, nil
}

// maxName bounds the name of a delivery or an event, in bytes.
const maxName = 128

// name returns a header's value if it can serve as a name: short and printable.
func name(value string) string {
	if len(value) > maxName || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' && r != ' ' || r > '~' }) {
		return ""
	}
	return value
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
