package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// arrived is a message of a tenant about a path, which came some seconds after the first.
func arrived(tenant, path string, seconds int) *incoming {
	at := time.Date(2026, 1, 2, 3, 4, seconds, 0, time.UTC)
	return &incoming{Message: Message{
		On: "leat.document.chunked.live.acme.x", Delivered: 2, delivery: &broker.Delivery{Arrived: at},
		data: events.DocumentChunked{Document: events.Document{Tenant: tenant, Repository: uuid.Nil.String(), Ref: "refs/heads/main", Path: path}},
	}}
}

func TestAMessageIsInHandUntilItIsSettled(t *testing.T) {
	h := NewHands()
	broken := errors.New("broken")
	err := h.hold(t.Context(), arrived("acme", "a.go", 7), func(context.Context) error {
		list, all := h.Held(10)
		if all != 1 || len(list) != 1 || list[0].Path != "a.go" || list[0].Delivered != 2 || list[0].Tenant != "acme" || list[0].Since.Second() != 7 {
			t.Errorf("in hand are %d: %+v", all, list)
		}
		return broken
	})
	if list, all := h.Held(10); !errors.Is(err, broken) || all != 0 || len(list) != 0 {
		t.Errorf("afterwards %v, and %d are in hand: %+v", err, all, list)
	}
}

func TestOfASubmissionNoUserIsTold(t *testing.T) {
	in := arrived("acme", "", 1)
	in.data = events.RepoSubmitted{Tenant: "acme", URL: "ssh://git@forge.test/acme/mill.git", Ref: "main"}
	if h, is := holdingOf(in); !is || h.URL != "https://forge.test/acme/mill" || h.Ref != "main" || h.Path != "" {
		t.Errorf("%v %+v", is, h)
	}
	in.problem = events.ErrInvalid
	if h, is := holdingOf(in); is {
		t.Errorf("of what cannot be read there is %+v", h)
	}
	long := arrived("acme", strings.Repeat("é", maxTold), 1)
	if h, _ := holdingOf(long); len(h.Path) > maxTold+len("…") || !strings.HasSuffix(h.Path, "é…") {
		t.Errorf("a long path is told in %d bytes", len(h.Path))
	}
}

// A tenant with many messages in hand does not hide those of another tenant.
func TestTenantsTakeTurnsInWhatIsTold(t *testing.T) {
	h := NewHands()
	var wait func(n int)
	wait = func(n int) {
		if n > 0 {
			tenant := "loud"
			if n == 1 {
				tenant = "quiet"
			}
			_ = h.hold(t.Context(), arrived(tenant, fmt.Sprint(n), 59-n), func(context.Context) error { wait(n - 1); return nil })
			return
		}
		list, all := h.Held(4)
		var got []string
		for _, one := range list {
			got = append(got, one.Tenant+one.Path)
		}
		if all != 30 || strings.Join(got, " ") != "loud30 loud29 loud28 quiet1" {
			t.Errorf("of %d there are %v", all, got)
		}
	}
	wait(30)
}
