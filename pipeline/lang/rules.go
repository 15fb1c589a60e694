package lang

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/glob"
	"github.com/leatworks/leat/pipeline/lang/internal/linguist"
)

// version counts the changes of this package's verdicts, including those from new versions of go-enry. Raise it with
// every change of a verdict.
const version = 6

// Rules judge the files of one commit. They are safe for concurrent use.
type Rules struct {
	config      Config
	ignore      ignoreFile
	attributes  attributes
	copied      map[string]bool // directories that hold foreign code: see Layout
	fingerprint [32]byte
	refused     map[string]Verdict // set by Refuse
}

// Compile makes the rules of a commit. ignore is the content of .leatignore at the root, and attributes the content of
// each .gitattributes by directory ("" is the root). Either may be nil. Like git, Compile passes over lines that it
// cannot understand. It rejects rule files over MaxIgnoreBytes and MaxAttributesBytes, because leaving out a part of
// them in silence would be wrong.
func Compile(c Config, ignore []byte, attributes map[string][]byte) (*Rules, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.MaxDocument == 0 {
		c.MaxDocument = DefaultMaxDocument
	}
	c.Include, c.Exclude = slices.Clone(c.Include), slices.Clone(c.Exclude)
	if len(ignore) > MaxIgnoreBytes {
		return nil, fault.Reject(fmt.Errorf("compile rules: .leatignore has %d bytes; shorten it to %d", len(ignore), MaxIgnoreBytes))
	}
	total := 0
	for _, content := range attributes {
		total += len(content)
	}
	if total > MaxAttributesBytes {
		return nil, fault.Reject(fmt.Errorf("compile rules: the .gitattributes files have %d bytes; shorten them to %d", total, MaxAttributesBytes))
	}
	return &Rules{
		config:      c,
		ignore:      parseIgnore(ignore),
		attributes:  parseAttributes(attributes),
		fingerprint: fingerprint(c, ignore, attributes),
	}, nil
}

// Refuse marks the file at path as skipped, for a reason outside its content. Call it before the rules are used.
func (r *Rules) Refuse(path string, reason Reason, why string) {
	if r.refused == nil {
		r.refused = make(map[string]Verdict)
	}
	r.refused[path] = Verdict{Skip: reason, Detail: clip(why)}
}

// Fingerprint returns a hash of everything that decides about files. While it is the same, a file with unchanged
// content keeps its verdict. When it differs, every file is judged again.
func (r *Rules) Fingerprint() [32]byte { return r.fingerprint }

func fingerprint(c Config, ignore []byte, attributes map[string][]byte) (sum [32]byte) {
	h := sha256.New()
	// A hash never fails to write.
	_, _ = fmt.Fprintf(h, "leat rules %d, linguist %s\n", version, linguist.Commit)
	writeList(h, options(c))
	writeList(h, []string{string(ignore)})
	for _, dir := range slices.Sorted(maps.Keys(attributes)) {
		writeList(h, []string{dir, string(attributes[dir])})
	}
	return [32]byte(h.Sum(nil))
}

// options lists the name and the value of every option that is set. It derives the list from the fields of Config, so
// that none can be forgotten. It leaves out options that are not set, so that a new option changes no fingerprint until
// somebody uses it.
func options(c Config) []string {
	var list []string
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		field := v.Field(i)
		if field.IsZero() || field.Kind() == reflect.Slice && field.Len() == 0 {
			continue
		}
		list = append(list, v.Type().Field(i).Name, fmt.Sprintf("%#v", field))
	}
	return list
}

// extend adds a list to what a fingerprint covers.
func extend(sum [32]byte, list []string) [32]byte {
	h := sha256.New()
	h.Write(sum[:])
	writeList(h, list)
	return [32]byte(h.Sum(nil))
}

// writeList writes lengths too, so that no two lists look the same.
func writeList(h hash.Hash, list []string) {
	length := func(n int) { h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	length(len(list))
	for _, s := range list {
		length(len(s))
		h.Write([]byte(s))
	}
}

// Path judges a file by its entry in the commit's tree. It leaves Language empty. Content still has to judge a file
// that Path does not skip. Path fails only if ctx has ended.
func (r *Rules) Path(ctx context.Context, path []byte, kind Kind, size int64) (Verdict, error) {
	v := r.path(newBudget(ctx), path, kind, size)
	return v, ctx.Err()
}

func (r *Rules) path(b *budget, path []byte, kind Kind, size int64) Verdict {
	switch {
	case kind == Symlink:
		return Verdict{Skip: ReasonSymlink}
	case kind == Submodule:
		return Verdict{Skip: ReasonSubmodule}
	case len(path) > MaxPath:
		return skip(ReasonPathTooLong, "%d bytes; the limit is %d", len(path), MaxPath)
	case !utf8.Valid(path):
		return Verdict{Skip: ReasonPathNotUTF8}
	}
	name := string(path)
	if v, refused := r.refused[name]; refused {
		return v
	}
	v := r.choice(name, b)
	if v.Skip == "" {
		v = r.origin(name, b)
	}
	if b.spent() {
		return skip(ReasonRules, "matching its path against .leatignore and .gitattributes takes more than %d steps", maxSteps)
	}
	if v.Skip != "" {
		return v
	}
	if most := r.most(name); size > most {
		return skip(ReasonTooLarge, "%d bytes; the limit is %d", size, most)
	}
	return Verdict{}
}

// choice judges by what people asked for: by the operator's globs, then by the repository's .leatignore.
func (r *Rules) choice(path string, b *budget) Verdict {
	matches := func(pattern string) bool { return glob.Match(pattern, path) }
	if i := slices.IndexFunc(r.config.Exclude, matches); i >= 0 {
		return skip(ReasonExcluded, "exclude %s", r.config.Exclude[i])
	}
	if len(r.config.Include) > 0 && !slices.ContainsFunc(r.config.Include, matches) {
		return Verdict{Skip: ReasonNotIncluded}
	}
	if rule, ok := r.ignore.match(path, b); ok {
		return skip(ReasonIgnored, ".leatignore line %d: %s", rule.line, rule.text)
	}
	return Verdict{}
}

// origin judges by who wrote the file. .gitattributes overrules names and contents, in both directions.
func (r *Rules) origin(path string, b *budget) Verdict {
	attributes := r.attributes.of(path, b)
	if !r.config.LockFiles && isLockFile(path) {
		return Verdict{Skip: ReasonLockFile}
	}
	if !r.config.Vendored {
		if on, set := attributes[attrVendored].on(); on {
			return skip(ReasonVendored, ".gitattributes: %s", attrVendored)
		} else if !set && (isVendored(path) || isInPlace(path, r.copied)) {
			return Verdict{Skip: ReasonVendored}
		}
	}
	on, set := attributes[attrGenerated].on()
	switch {
	case on && !r.config.Generated:
		return skip(ReasonGenerated, ".gitattributes: %s", attrGenerated)
	case !set && !r.config.Minified && isMinified(path, nil):
		return skip(ReasonMinified, "by its name")
	case !set && !r.config.Generated && isGeneratedName(path):
		return skip(ReasonGenerated, "by its name")
	}
	if r.config.NoDocumentation {
		if on, set := attributes[attrDocs].on(); on {
			return skip(ReasonDocs, ".gitattributes: %s", attrDocs)
		} else if !set && linguist.IsDocumentation(path) {
			return skip(ReasonDocs, "by its name")
		}
	}
	if attributes[attrBinary].state == valueTrue || attributes[attrText].off() && attributes[attrDiff].off() {
		return skip(ReasonBinary, ".gitattributes: %s", attrBinary)
	}
	return Verdict{}
}

// Encoding returns the encoding that .gitattributes names for a file, or "". It fails
// only if ctx has ended.
func (r *Rules) Encoding(ctx context.Context, path []byte) (string, error) {
	attributes := r.attributes.of(string(path), newBudget(ctx))
	for _, name := range []string{attrEncoding, attrWorkTree} {
		if v := attributes[name]; v.state == valueText {
			return v.text, ctx.Err()
		}
	}
	return "", ctx.Err()
}

// UTF8Only reports whether text in other encodings is left out.
func (r *Rules) UTF8Only() bool { return r.config.UTF8Only }

// Content judges a file that Path let through by its whole text in UTF-8. It also names the language. It fails only
// if ctx has ended.
func (r *Rules) Content(ctx context.Context, path, content []byte) (Verdict, error) {
	v := r.content(newBudget(ctx), path, content)
	return v, ctx.Err()
}

func (r *Rules) content(b *budget, path, content []byte) Verdict {
	if size, ok := lfsPointer(content); ok {
		return skip(ReasonLFSPointer, "%d bytes in Git LFS", size)
	}
	if int64(len(content)) > r.config.MaxBytes {
		return skip(ReasonTooLarge, "%d bytes; the limit is %d", len(content), r.config.MaxBytes)
	}
	name, sample := string(path), sample(content)
	attributes := r.attributes.of(name, b)
	if v := r.author(name, attributes, sample); v.Skip != "" {
		return v
	}
	if !r.config.Data {
		if why, is := isData(name, content); is {
			return skip(ReasonData, "%s", why)
		}
	}
	return r.kind(r.language(name, attributes, sample))
}

// author judges by what the text says about its author.
func (r *Rules) author(name string, attributes map[string]value, sample []byte) Verdict {
	if _, set := attributes[attrVendored].on(); !set && !r.config.Vendored && isLibrary(name, sample) {
		return skip(ReasonVendored, "by its name and its banner")
	}
	if _, set := attributes[attrGenerated].on(); set {
		return Verdict{}
	}
	minified := isMinified(name, sample)
	switch {
	case minified && !r.config.Minified:
		return skip(ReasonMinified, "by its content")
	case !minified && !r.config.Generated && isGeneratedText(name, sample):
		return skip(ReasonGenerated, "by its content")
	}
	return Verdict{}
}

// language names the language of a text.
func (r *Rules) language(name string, attributes map[string]value, sample []byte) string {
	if override := attributes[attrLanguage]; override.state == valueText {
		if language, ok := linguist.GetLanguageByAlias(override.text); ok {
			return language
		}
	}
	return detect(name, bytes.TrimPrefix(sample, []byte("\uFEFF")))
}

// kind judges a text by the purpose of its language.
func (r *Rules) kind(language string) Verdict {
	switch is := linguist.GetLanguageType(language); {
	case is == linguist.Prose && r.config.NoDocumentation:
		return Verdict{Skip: ReasonDocs, Detail: language}
	case is == linguist.Markup && r.config.NoMarkup:
		return Verdict{Skip: ReasonMarkup, Detail: language}
	}
	return Verdict{Language: language}
}
