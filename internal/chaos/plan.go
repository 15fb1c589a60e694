//go:build linux

package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/stack"
)

// Kind is a kind of fault.
type Kind string

// The kinds. The last ones happen only if Config says so.
const (
	KillWorker     Kind = "kill worker"     // SIGKILL, and a new process after a while
	StopWorker     Kind = "stop worker"     // SIGSTOP past its ack wait, then SIGCONT
	KillStore      Kind = "kill store"      // SIGKILL, and a new process on the same data after a while
	WipeNATS       Kind = "wipe NATS"       // the same, and all streams are lost
	Cut            Kind = "cut"             // connections broken, new ones refused for a while
	Delay          Kind = "delay"           // every piece of data held back
	Stall          Kind = "stall"           // connections up, nothing passes
	DropCollection Kind = "drop collection" // Qdrant loses the index
	DeleteObject   Kind = "delete object"   // a pack vanishes from S3
	FlipByte       Kind = "flip byte"       // a pack's bytes change
	FillDisk       Kind = "fill disk"       // a store's disk has no room for a while
)

// fault is one entry of the schedule.
type fault struct {
	kind   Kind
	target string        // a worker's or a store's name
	after  time.Duration // since the start of the previous fault
	lasts  time.Duration
	choice uint64 // random number for any further choice
}

func (f fault) String() string { return fmt.Sprintf("%s %s for %s", f.kind, f.target, f.lasts) }

// canCost says whether the fault can have cost a vector, be it stored or on its way from the model
// to the catalog.
func (f fault) canCost() bool {
	switch f.kind {
	case KillWorker, StopWorker:
		return kindOf(f.target) == "embedder"
	case DropCollection:
		return false
	case FillDisk:
		return f.target == stack.S3
	}
	return f.target != stack.Qdrant
}

// ackWait is the workers' ack wait. It is short, so that a worker need not be stopped for long to
// exceed it.
const ackWait = 4 * time.Second

// disks are the processes whose disk can be filled. NATS is not among them, because it reserves the
// size of its streams and would need a disk of that size.
var disks = []string{stack.S3, stack.Qdrant, "ingestor-1", "ingestor-2"}

type weighted struct {
	kind   Kind
	weight int
}

// draw makes the schedule of a seed. The same configuration gives the same
// schedule, but how it meets the work under way depends on the machine.
func draw(cfg Config) []fault {
	random := rand.New(rand.NewPCG(cfg.Seed, 1))
	kinds := []weighted{{KillWorker, 26}, {StopWorker, 12}, {KillStore, 20}, {WipeNATS, 4}, {Cut, 14}, {Delay, 12}, {Stall, 8}}
	if cfg.Damage {
		kinds = append(kinds, weighted{DeleteObject, 5}, weighted{FlipByte, 5})
	}
	if cfg.DropIndex {
		kinds = append(kinds, weighted{DropCollection, 6})
	}
	if cfg.FullDisk {
		kinds = append(kinds, weighted{FillDisk, 6})
	}
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	faults := make([]fault, cfg.Faults)
	for i := range faults {
		n := random.IntN(total)
		j := slices.IndexFunc(kinds, func(k weighted) bool { n -= k.weight; return n < 0 })
		faults[i] = fault{
			kind:   kinds[j].kind,
			after:  cfg.Pace/4 + time.Duration(random.Int64N(int64(cfg.Pace)*3/2)),
			choice: random.Uint64(),
		}
		faults[i].aim(random)
	}
	return faults
}

// aim chooses the target and the duration.
func (f *fault) aim(random *rand.Rand) {
	between := func(least, most time.Duration) time.Duration {
		return (least + time.Duration(random.Int64N(int64(most-least)))).Round(time.Millisecond)
	}
	switch f.kind {
	case KillWorker:
		f.target, f.lasts = workerNames[random.IntN(len(workerNames))], between(0, 2*time.Second)
	case StopWorker:
		f.target, f.lasts = workerNames[random.IntN(len(workerNames))], between(ackWait*5/4, ackWait*2)
	case KillStore:
		f.target, f.lasts = stack.StoreNames[random.IntN(len(stack.StoreNames))], between(0, 2*time.Second)
	case WipeNATS:
		f.target, f.lasts = stack.NATS, between(0, time.Second)
	case Cut:
		f.target, f.lasts = stack.StoreNames[random.IntN(len(stack.StoreNames))], between(0, 1500*time.Millisecond)
	case Delay, Stall:
		f.target, f.lasts = stack.StoreNames[random.IntN(len(stack.StoreNames))], between(500*time.Millisecond, 4*time.Second)
	case DropCollection:
		f.target = stack.Qdrant
	case DeleteObject, FlipByte:
		f.target = stack.S3
	case FillDisk:
		f.target, f.lasts = disks[random.IntN(len(disks))], between(time.Second, 3*time.Second)
	}
}
