package embed

import (
	"sync"
	"testing"

	"github.com/leatworks/leat/pipeline/catalog"
)

func textsUpTo(n int) []catalog.Text {
	list := make([]catalog.Text, n)
	for i := range list {
		list[i].SHA256[0], list[i].SHA256[1] = byte(i), byte(i>>8)
	}
	return list
}

// A look for missing texts may find a text whose vector was stored during the look. The batch must look again for it,
// and must not embed it.
func TestWhatWasReleasedDuringALookIsNotClaimed(t *testing.T) {
	c, list := newClaims(), textsUpTo(3)
	first, err := c.take(func() ([]catalog.Text, error) { return list[:2], nil })
	if err != nil || len(first.texts) != 2 {
		t.Fatalf("%d claimed, %v", len(first.texts), err)
	}
	second, err := c.take(func() ([]catalog.Text, error) {
		first.release() // its vectors are stored by now
		return list, nil
	})
	if err != nil || len(second.texts) != 1 || second.texts[0] != list[2] || len(second.others) != 2 {
		t.Fatalf("%d claimed, %d of others, %v; want only what nobody had", len(second.texts), len(second.others), err)
	}
	if err := second.wait(t.Context()); err != nil { // of claims that are over
		t.Fatal(err)
	}
	second.release()
	third, err := c.take(func() ([]catalog.Text, error) { return list, nil })
	if err != nil || len(third.texts) != 3 {
		t.Errorf("%d claimed of three that failed, %v", len(third.texts), err)
	}
	third.release()
	if len(c.held)+len(c.looks) != 0 {
		t.Errorf("%d claims and %d looks are left", len(c.held), len(c.looks))
	}
}

// Each text is embedded exactly once, in whichever order the batches meet.
func TestBatchesThatMeetEmbedATextOnce(t *testing.T) {
	c, list := newClaims(), textsUpTo(400)
	var mu sync.Mutex
	stored, embedded := make(map[[32]byte]bool), make(map[[32]byte]int)
	missing := func(of []catalog.Text) []catalog.Text {
		mu.Lock()
		defer mu.Unlock()
		var found []catalog.Text
		for _, text := range of {
			if !stored[text.SHA256] {
				found = append(found, text)
			}
		}
		return found
	}
	var all sync.WaitGroup
	for batch := range 16 {
		all.Go(func() {
			mine := list[batch*20 : batch*20+100] // each text is in five batches
			for {
				claim, err := c.take(func() ([]catalog.Text, error) { return missing(mine), nil })
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, text := range claim.texts {
					embedded[text.SHA256]++
				}
				mu.Unlock()
				mu.Lock()
				for _, text := range claim.texts {
					stored[text.SHA256] = true
				}
				mu.Unlock()
				claim.release()
				if err := claim.wait(t.Context()); err != nil {
					t.Error(err)
				}
				if len(claim.others) == 0 {
					return
				}
			}
		})
	}
	all.Wait()
	for _, text := range list {
		if n := embedded[text.SHA256]; n != 1 {
			t.Errorf("text %x is embedded %d times", text.SHA256[:2], n)
		}
	}
}
