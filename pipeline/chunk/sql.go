package chunk

import (
	"strings"
)

// created finds the name that a statement defines or changes.
var created = lazily(`(?i)^(?:create|alter)\s+(?:(?:or\s+replace|global|local|temp|temporary|unlogged|unique|recursive|materialized|virtual|constraint|definer\s*=\s*\S+)\s+)*` +
	`(table|view|index|type|domain|sequence|schema|extension|function|procedure|trigger|aggregate|policy|role|database)\s+` +
	`(?:concurrently\s+)?(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?([\w."` + "`" + `\[\]]+)`)

// sqlBlocks cuts SQL by statements.
func sqlBlocks(text []byte) []block {
	c := newCutter(text)
	for _, it := range queries.items(text, 0) {
		b := block{kind: KindLines}
		if m := created().FindSubmatch(head(text, it.start, it.end)); m != nil {
			b.kind, b.symbol = KindType, strings.Trim(tidy(string(m[2])), "\"`[]")
			switch strings.ToLower(string(m[1])) {
			case "function", "procedure", "trigger", "aggregate":
				b.kind = KindFunction
			}
		}
		it.open = 0
		c.part(it, b, 0, nil)
	}
	return c.finish()
}
