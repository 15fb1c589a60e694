package webhook

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Kind is the sort of an effect.
type Kind string

// The kinds of effects.
const (
	Pushed            Kind = "pushed"             // a ref points at another commit, or is new
	RefDeleted        Kind = "ref_deleted"        // a branch or a tag has been deleted
	DefaultChanged    Kind = "default_changed"    // another branch is the default, or it has another name
	RepositoryRenamed Kind = "repository_renamed" // a repository has another name or another owner
	RepositoryDeleted Kind = "repository_deleted"
	Pinged            Kind = "pinged"  // the provider tries the hook out
	Ignored           Kind = "ignored" // leat does nothing about it
)

// Effect is one event that a delivery reports. The catalog keeps its JSON.
type Effect struct {
	Kind       Kind     `json:"kind"`
	Repository Location `json:"repository,omitempty"` // of all kinds except Pinged and Ignored
	Was        Location `json:"was,omitempty"`        // the former place of a renamed repository
	Ref        string   `json:"ref,omitempty"`        // full name, of Pushed and RefDeleted; "": the default branch
	Default    string   `json:"default,omitempty"`    // full name of the default branch, if the payload names it
	Before     string   `json:"before,omitempty"`     // commit in hex; "": the ref is new, or the payload does not say
	After      string   `json:"after,omitempty"`      // commit in hex; "": the ref is gone, or the payload does not say
	Reason     string   `json:"reason,omitempty"`     // why it is ignored
}

// maxEffects bounds the effects of one delivery, because a provider may list each ref of a pushed
// mirror.
const maxEffects = 1000

// bounded cuts a list of effects at maxEffects, and says so in the last one.
func bounded(list []Effect) []Effect {
	if len(list) <= maxEffects {
		return list
	}
	cut := append([]Effect{}, list[:maxEffects-1]...)
	return append(cut, ignored("%d changes of %d: a delivery may hold %d", len(list)-len(cut), len(list), maxEffects-1)...)
}

func ignored(format string, args ...any) []Effect {
	return []Effect{{Kind: Ignored, Reason: fmt.Sprintf(format, args...)}}
}

// unknownEvent returns the effect of an event that leat does nothing about, whatever it holds.
func unknownEvent(event string) []Effect {
	if event == "" {
		return ignored("the delivery names no event")
	}
	return ignored("event %s changes nothing that is indexed", event)
}

const maxRef = 1024 // bytes; the bound of package events

var commitPattern = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// commit returns a commit in hex, or "" for none. Zeros mean that the ref does not exist.
func commit(text string) string {
	if !commitPattern.MatchString(text) || strings.Trim(text, "0") == "" {
		return ""
	}
	return text
}

// moved returns the effect of a ref that went from one commit to another.
func moved(at Location, ref, defaultBranch, before, after string, deleted bool) Effect {
	if !isRef(ref) {
		return ignored("the payload names no ref that git would accept")[0]
	}
	e := Effect{Kind: Pushed, Repository: at, Ref: ref, Default: defaultRef(defaultBranch), Before: commit(before), After: commit(after)}
	if deleted || isZero(after) {
		e.Kind, e.After = RefDeleted, ""
	}
	return e
}

func isZero(oid string) bool { return oid != "" && strings.Trim(oid, "0") == "" }

func isRef(ref string) bool {
	return strings.HasPrefix(ref, "refs/") && len(ref) > len("refs/") && len(ref) <= maxRef && utf8.ValidString(ref) &&
		!strings.ContainsFunc(ref, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// defaultRef returns the full name of a default branch, or "" for a name that git would not accept.
func defaultRef(name string) string {
	if ref := branch(name); isRef(ref) {
		return ref
	}
	return ""
}

// branch returns the full name of a branch, or "" for no name.
func branch(short string) string { return fullRef("refs/heads/", short) }

func fullRef(prefix, name string) string {
	if name == "" || strings.HasPrefix(name, "refs/") {
		return name
	}
	return prefix + name
}

// typedRef returns the full name of a ref whose type the payload names.
func typedRef(kind, name string) string {
	switch strings.ToLower(kind) {
	case "branch", "named_branch":
		return branch(name)
	case "tag", "annotated_tag":
		return fullRef("refs/tags/", name)
	}
	return ""
}
