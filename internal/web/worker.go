package web

import (
	"github.com/leatworks/leat/internal/service"
)

// holdingsShown bounds the messages in hand that the page of the pipeline shows.
const holdingsShown = 60

// inHand is the work of one worker that the page shows.
type inHand struct {
	service.Worker
	shown  []service.Holding
	hidden int // messages of the tenant that are not shown
}

// inHands shares the room of the page among the workers, in their order. It only counts idle
// workers.
func inHands(list []service.Worker) (busy []inHand, idle int) {
	room := holdingsShown
	for _, w := range list {
		if len(w.Holdings) == 0 && (w.Held == nil || *w.Held == 0) {
			idle++
			continue
		}
		n := min(len(w.Holdings), max(room, 1))
		room -= n
		busy = append(busy, inHand{w, w.Holdings[:n], len(w.Holdings) - n})
	}
	return busy, idle
}

// others returns how many messages a worker holds that its list does not show.
func (h inHand) others() int {
	if h.Held == nil {
		return h.hidden
	}
	return max(h.hidden, *h.Held-len(h.shown))
}
