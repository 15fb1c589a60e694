package provider

import "testing"

// The number of tokens is a float in Cohere's specification. An absurd number is ignored.
func TestTokensAreCounted(t *testing.T) {
	for body, want := range map[string]int{
		`{"embeddings":{"float":[[1,2]]},"meta":{"billed_units":{"input_tokens":8.0}}}`:   8,
		`{"embeddings":{"float":[[1,2]]},"meta":{"billed_units":{"input_tokens":-8}}}`:    0,
		`{"embeddings":{"float":[[1,2]]},"meta":{"billed_units":{"input_tokens":1e300}}}`: 0,
		`{"embeddings":{"float":[[1,2]]}}`:                                                0,
	} {
		if a, err := (cohere{}).answer([]byte(body), 1); err != nil || a.tokens != want {
			t.Errorf("%s: %d tokens, %v; want %d", body, a.tokens, err, want)
		}
	}
}
