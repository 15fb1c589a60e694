package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/relay"
	"github.com/leatworks/leat/pipeline/blob"
)

// A bucket has two endpoints. If either is cut off or falls silent, packs are written, read
// and deleted through the other.
func TestTheNextEndpointServesWhereOneDoesNot(t *testing.T) {
	t.Parallel()
	cfg := config()
	server, err := url.Parse(serverURL)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*relay.Relay
	var urls []string
	for i := range ends {
		if ends[i], err = relay.New(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(ends[i].Close)
		ends[i].Lead("tcp", server.Host)
		urls = append(urls, "http://"+ends[i].Addr()+strings.TrimPrefix(cfg.URL, serverURL))
	}
	cfg.URL, cfg.Timeout = strings.Join(urls, ", "), 6*time.Second
	store := open(t, cfg)
	disturb := (*relay.Relay).Cut
	for round := range 4 { // both are cut off in turn, and then held up
		if round == 2 {
			disturb = (*relay.Relay).Stall
		}
		end := ends[round%2]
		disturb(end)
		content := fmt.Appendf(nil, "kept once and reached twice, round %d", round)
		object, spans := put(t, store, blob.Text, content)
		got, err := readAll(t, store, spans)
		if err != nil || !bytes.Equal(got[0], content) {
			t.Errorf("round %d reads %q, %v", round, got[0], err)
		}
		if err := errors.Join(store.Check(t.Context(), object), store.Delete(t.Context(), object.Key), store.Ready(t.Context())); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		end.Heal()
	}
	for _, end := range ends {
		end.Cut()
	}
	if err := store.Ready(t.Context()); err == nil {
		t.Error("the bucket is reached through no endpoint")
	}
}

// All endpoints must be those of one bucket.
func TestEndpointsNameOneBucket(t *testing.T) {
	t.Parallel()
	_, err := blob.Open(t.Context(), blob.Config{URL: "http://a:9000/one,http://b:9000/two", AccessKey: "k", SecretKey: "s"})
	if err == nil || !strings.Contains(err.Error(), "different buckets") {
		t.Errorf("open: %v", err)
	}
}
