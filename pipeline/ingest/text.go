package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/text"
)

// judgeContent judges a file by its bytes and turns them into the text that is stored.
// No later code sees the bytes.
func (r *reader) judgeContent(ctx context.Context, e entry, raw []byte) (file, error) {
	format, v := r.rules.Format(e.Path, raw)
	switch {
	case v.Skip != "":
		return judged(e, v), nil
	case format != "":
		return r.extracted(ctx, e, raw, extract.Format(format), v)
	}
	return r.text(ctx, e, raw)
}

// extracted extracts the text of a file in a document format.
func (r *reader) extracted(ctx context.Context, e entry, raw []byte, format extract.Format, v lang.Verdict) (file, error) {
	read, refused, err := r.contents.Extract(ctx, raw, format, r.rules.MaxText())
	switch {
	case err != nil:
		return file{}, err
	case refused != nil:
		return judged(e, unread(refused)), nil
	}
	by, err := r.rules.Content(ctx, e.Path, read.Text)
	if err != nil {
		return file{}, err
	}
	if by.Skip != "" {
		v = by
	}
	return r.made(e, v, read), nil
}

// text decodes a text file.
func (r *reader) text(ctx context.Context, e entry, raw []byte) (file, error) {
	named, err := r.rules.Encoding(ctx, e.Path)
	if err != nil {
		return file{}, err
	}
	read, refused, err := content.Decode(ctx, raw, named)
	switch {
	case err != nil:
		return file{}, err
	case refused != nil:
		return judged(e, refusal(refused)), nil
	}
	if read.Encoding != text.UTF8 && r.rules.UTF8Only() {
		return judged(e, lang.Verdict{Skip: lang.ReasonEncoding, Detail: string(read.Encoding)}), nil
	}
	v, err := r.rules.Content(ctx, e.Path, read.Text)
	if err != nil {
		return file{}, err
	}
	if v.Skip == "" && r.rules.PageText(v.Language) && (named == "" || read.Encoding == text.UTF8) {
		page, refused, err := r.contents.Extract(ctx, raw, extract.HTML, r.rules.MaxText())
		if err != nil {
			return file{}, err
		}
		if refused == nil { // else it stays as it is written
			page.Findings = both(read.Findings, page.Findings)
			page.Excess, page.Over = page.Excess || read.Excess, page.Over || read.Over
			read = page
		}
	}
	return r.made(e, v, read), nil
}

// both joins the secrets of a page and of its text, because a script that the text leaves
// out may hold secrets too. Page and text have the same lines.
func both(source, page []secret.Finding) []secret.Finding {
	byLine := func(a, b secret.Finding) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule)) }
	all := slices.SortedFunc(slices.Values(slices.Concat(source, page)), byLine)
	all = slices.CompactFunc(all, func(a, b secret.Finding) bool { return byLine(a, b) == 0 })
	return all[:min(len(all), secret.MaxFindings)]
}

// made returns a file with its text, unless the text is not to be indexed.
func (r *reader) made(e entry, v lang.Verdict, read content.Content) file {
	if v.Skip == "" && read.Excess {
		v = lang.Verdict{Skip: lang.ReasonSecrets, Detail: fmt.Sprintf("more than %d of them", secret.MaxFindings)}
	}
	if v.Skip == "" && read.Over {
		v = lang.Verdict{Skip: lang.ReasonSecrets, Detail: fmt.Sprintf("looking for secrets in it takes more than %d steps", secret.Looks(len(read.Text)))}
	}
	f := judged(e, v)
	if v.Skip != "" && v.Skip != lang.ReasonSecrets {
		return f
	}
	for _, found := range read.Findings {
		f.Findings = append(f.Findings, catalog.Finding{Rule: found.Rule, Line: int32(found.Line)})
	}
	if v.Skip == "" {
		f.content = read.Text
		f.Encoding = string(read.Encoding)
		f.Content = catalog.ChunkingKey{Blob: catalog.Name(r.domain, read.Text), Language: v.Language}
	}
	return f
}

func refusal(r *text.Refusal) lang.Verdict {
	if r.Binary {
		return lang.Verdict{Skip: lang.ReasonBinary, Detail: r.Why}
	}
	return lang.Verdict{Skip: lang.ReasonEncoding, Detail: r.Why}
}

func unread(r *extract.Refusal) lang.Verdict {
	v := lang.Verdict{Skip: lang.ReasonUnreadable, Detail: r.Why}
	switch r.Cause {
	case extract.NoProgram:
		v.Skip = lang.ReasonNoReader
	case extract.TooLong:
		v.Skip = lang.ReasonTooLarge
	}
	return v
}
