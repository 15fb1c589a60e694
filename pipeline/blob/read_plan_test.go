package blob

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPlan checks for any spans that each lies within exactly one range, that ranges begin and end with a span, and
// that they keep the limits.
func TestPlan(t *testing.T) {
	keys := []string{packKey(Text, [32]byte{1}, sealing{}), packKey(Text, [32]byte{2}, sealing{"01234567", "0123456789abcdef0123456789abcdef"}), packKey(Vector, [32]byte{1}, sealing{})}
	rapid.Check(t, func(t *rapid.T) {
		spans := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Span {
			return Span{
				Object: rapid.SampledFrom(keys).Draw(t, "object"),
				Offset: rapid.Int64Range(0, 40<<20).Draw(t, "offset"),
				Length: rapid.Int32Range(0, 12<<20).Draw(t, "length"),
			}
		})).Draw(t, "spans")
		ranges, err := plan(spans)
		if err != nil {
			t.Fatal(err)
		}
		seen := make([]int, len(spans))
		for _, r := range ranges {
			end := r.offset
			for _, i := range r.spans {
				seen[i]++
				span := spans[i]
				if span.Object != r.object || span.Offset < r.offset || span.Offset+int64(span.Length) > r.offset+r.length {
					t.Fatalf("span %+v lies outside its range %+v", span, r)
				}
				if span.Offset-end > maxGap {
					t.Fatalf("a gap of %d bytes", span.Offset-end)
				}
				end = max(end, span.Offset+int64(span.Length))
			}
			if spans[r.spans[0]].Offset != r.offset || end != r.offset+r.length {
				t.Fatalf("range %+v is wider than its spans", r)
			}
			if r.length > maxRange && len(r.spans) > 1 && r.length > int64(spans[r.spans[0]].Length) {
				t.Fatalf("a range of %d bytes", r.length)
			}
		}
		for i, n := range seen {
			if n != 1 {
				t.Fatalf("span %d lies in %d ranges", i, n)
			}
		}
	})
}
