package syncer_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Tokens that ended long ago go; those that are valid stay, however old they are.
func TestEndedTokensAreNotKeptForEver(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	create := func(name, change string) uuid.UUID {
		t.Helper()
		made, err := p.Catalog.Tokens.Create(t.Context(), catalog.Author{Name: "test"}, catalog.Token{ID: uuid.Must(uuid.NewV7()), Name: name, Scopes: []string{"read"}}, [32]byte([]byte(uuid.NewString())[:32]))
		if err != nil {
			t.Fatal(err)
		}
		p.Rows(t, "update tokens set created_at = now() - interval '3 years' where id = $1", made.ID)
		if change != "" {
			p.Rows(t, "update tokens set "+change+" where id = $1", made.ID)
		}
		return made.ID
	}
	create("valid", "")
	create("valid for long", "expires_at = now() + interval '1 year'")
	create("ended lately", "revoked_at = now() - interval '364 days'")
	create("expired", "expires_at = now() - interval '366 days'")
	create("expired later than revoked", "expires_at = now() + interval '1 day', revoked_at = now() - interval '2 years'")
	old := create("rotated", "revoked_at = now() - interval '366 days'")
	next := create("in its place", "")
	p.Rows(t, "update tokens set rotated_from = $1 where id = $2", old, next)
	run := &schedule.Run{}
	if err := syncer.RetainTokens(0, p.Catalog.Tokens).Do(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if got := p.One(t, "select string_agg(name, ', ' order by id) from tokens"); got != "valid, valid for long, ended lately, in its place" {
		t.Errorf("there are left: %s", got)
	}
}

func TestAnswersAreNotKeptForEver(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	claim := func(key string, lease time.Duration) {
		t.Helper()
		if _, err := p.Catalog.Replies.Claim(t.Context(), catalog.ReplyKey{Token: "t", Key: key}, lease); err != nil {
			t.Fatal(err)
		}
	}
	claim("under way", time.Hour)
	claim("given up", 0)
	claim("answered", 0)
	if err := p.Catalog.Replies.Settle(t.Context(), catalog.ReplyKey{Token: "t", Key: "answered"}, []byte{1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := syncer.RetainReplies(p.Catalog.Replies).Do(t.Context(), &schedule.Run{}); err != nil {
		t.Fatal(err)
	}
	if got := p.One(t, "select string_agg(key, ', ' order by key) from replies"); got != "answered, under way" {
		t.Errorf("there are left: %s", got)
	}
}
