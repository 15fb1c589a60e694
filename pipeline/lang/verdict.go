package lang

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kind is the kind of an entry in a tree.
type Kind uint8

// The kinds of entries.
const (
	File      Kind = iota // a blob, executable or not
	Symlink               // a blob that holds the path it points to
	Submodule             // a commit of another repository
)

// Reason says why a file is not indexed. Reasons are stored and shown, so a published reason never changes its meaning.
type Reason string

// The reasons, in the order of the checks.
const (
	ReasonSymlink     Reason = "symlink"       // its target is indexed under its own path, if it is in the tree
	ReasonSubmodule   Reason = "submodule"     // another repository, which can be submitted itself
	ReasonPathTooLong Reason = "path_too_long" // over MaxPath bytes
	ReasonPathNotUTF8 Reason = "path_not_utf8" // no store and no event can hold its name
	ReasonDamaged     Reason = "damaged"       // the tree names it twice, or lists an object as a file that is none
	ReasonRules       Reason = "rules"         // a rule file over its bound, or a path that is too costly to match
	ReasonExcluded    Reason = "excluded"      // Config.Exclude
	ReasonNotIncluded Reason = "not_included"  // Config.Include
	ReasonIgnored     Reason = "ignored"       // .leatignore
	ReasonLockFile    Reason = "lock_file"     // versions that a package manager resolved
	ReasonVendored    Reason = "vendored"      // someone else's code, copied
	ReasonMinified    Reason = "minified"      // made small for browsers; its source is elsewhere
	ReasonGenerated   Reason = "generated"     // written by a program
	ReasonDocs        Reason = "documentation" // Config.NoDocumentation
	ReasonTooLarge    Reason = "too_large"     // over Config.MaxBytes, or MaxDocument
	ReasonFormat      Reason = "format"        // Config.NoPDF or NoDocx
	ReasonNoReader    Reason = "no_reader"     // the program that reads the format is not installed
	ReasonUnreadable  Reason = "unreadable"    // a PDF or .docx that is damaged, protected, without text, or over a bound
	ReasonLFSPointer  Reason = "lfs_pointer"   // stands for content in Git LFS
	ReasonBinary      Reason = "binary"        // not text
	ReasonEncoding    Reason = "encoding"      // text in an encoding that cannot be determined, or is not wanted
	ReasonData        Reason = "data"          // a dump of data
	ReasonMarkup      Reason = "markup"        // Config.NoMarkup
	ReasonSecrets     Reason = "secrets"       // a list of credentials
)

// Verdict is the decision about one file.
type Verdict struct {
	Skip     Reason // why it is not indexed; empty if it is
	Detail   string // the rule that decided, for people; valid UTF-8 of at most MaxDetail bytes, may be empty
	Language string // go-enry's name of the language; empty if unknown or not looked for
}

// MaxDetail bounds Verdict.Detail, in bytes.
const MaxDetail = 200

func skip(reason Reason, format string, args ...any) Verdict {
	return Verdict{Skip: reason, Detail: clip(fmt.Sprintf(format, args...))}
}

// clip cuts s to fit into a detail. s may quote a repository, and so need not be valid UTF-8.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= MaxDetail {
		return s
	}
	cut := MaxDetail - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
