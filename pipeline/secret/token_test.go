package secret_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/pipeline/secret"
)

// leat does not index its own tokens, whatever their characters are.
func TestTokensOfLeatAreMasked(t *testing.T) {
	for range 2000 {
		token, _ := access.NewToken()
		text := []byte("curl -H 'Authorization: Bearer " + token + "' https://leat.example/api/v1/search\nLEAT_TOKEN=" + token + "\n- " + token + ".\n")
		masked, _ := secret.Mask(context.Background(), text)
		if bytes.Contains(masked.Text, []byte(token[len(access.Prefix):])) || len(masked.Findings) != 3 {
			t.Fatalf("%d found: %s", len(masked.Findings), masked.Text)
		}
	}
}
