package mcp

import (
	"context"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
)

// reading is a service that reads one line of a file with long names.
type reading struct{ *service.Service }

func (reading) Read(context.Context, service.ReadRequest) (service.ReadAnswer, error) {
	return service.ReadAnswer{
		At: service.At{URL: "https://forge.test/" + strings.Repeat("u", 1000)}, Path: strings.Repeat("p", 1000), Lines: 1, First: 1, Last: 1, Text: "the race\n",
	}, nil
}

// The names of a file alone may be longer than the answer.
func TestLongNamesLeaveNoRoom(t *testing.T) {
	c := caller{Service: reading{}}
	for tokens, want := range map[int]string{500: "ask with a larger max_tokens", 4000: "\nthe race\n"} {
		text, err := read(t.Context(), c, readIn{MaxTokens: tokens})
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%d tokens: %q, %v", tokens, text[max(0, len(text)-200):], err)
		}
	}
}

// The answer says which lines a piece leaves out. No line of a file looks like one of the answer's
// own.
func TestPartsTellWhatIsLeftOut(t *testing.T) {
	p := service.Piece{Lead: service.Lead{StartLine: 5, EndLine: 12}, Text: "six\n» seven\nten\n",
		Left: []service.Gap{{StartLine: 5, EndLine: 5}, {StartLine: 8, EndLine: 9}, {StartLine: 11, EndLine: 12}}}
	want := "» 5-5 left out\nsix\n » seven\n» 8-9 left out\nten\n» 11-12 left out\n"
	if got := parts(p); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
