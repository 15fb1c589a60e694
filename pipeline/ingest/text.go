package ingest

import (
	"crypto/sha256"
	"fmt"

	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/text"
)

// text judges a file by its bytes, and makes of them the text that is stored.
// From here on nobody sees the bytes.
func (r *reader) text(e entry, content []byte) file {
	read, refused := pipeline.ReadContent(content, r.rules.Encoding(e.Path))
	if refused != nil {
		return judged(e, refusal(refused))
	}
	if read.Encoding != text.UTF8 && r.rules.UTF8Only() {
		return judged(e, lang.Verdict{Skip: lang.ReasonEncoding, Detail: string(read.Encoding)})
	}
	v := r.rules.Content(e.Path, read.Text)
	if v.Skip == "" && read.Excess {
		v = lang.Verdict{Skip: lang.ReasonSecrets, Detail: fmt.Sprintf("more than %d of them", secret.MaxFindings)}
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
		f.Content = catalog.ChunkingKey{Blob: sha256.Sum256(read.Text), Language: v.Language}
	}
	return f
}

func refusal(r *text.Refusal) lang.Verdict {
	if r.Binary {
		return lang.Verdict{Skip: lang.ReasonBinary, Detail: r.Why}
	}
	return lang.Verdict{Skip: lang.ReasonEncoding, Detail: r.Why}
}
