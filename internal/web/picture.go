package web

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/leatworks/leat/internal/service"
)

// box is a station of the way through leat, with its place in the picture.
type box struct {
	x, y, w, h int
	title, big string
	lines      []string
	tone       string // good, wait or bad
}

// pipe leads from one station to the next.
type pipe struct {
	path string
	busy bool
}

// picture is the way through, drawn for a wide or a narrow window.
type picture struct {
	name  string
	w, h  int
	boxes []box
	pipes []pipe
}

// Measures of the picture, in its own units.
const (
	boxWidth, boxHeight   = 164, 124
	gapWide, gapNarrow    = 65, 34
	narrowWidth, narrowBy = 340, 104
)

// draw places the stations of the way through.
func draw(f flow, narrow bool) picture {
	list := stations(f)
	p := picture{name: "wide", w: len(list)*boxWidth + (len(list)-1)*gapWide + 4, h: boxHeight + 4}
	if narrow {
		p = picture{name: "tall", w: narrowWidth + 4, h: len(list)*narrowBy + (len(list)-1)*gapNarrow + 4}
	}
	for i := range list {
		b := &list[i]
		b.x, b.y, b.w, b.h = 2+i*(boxWidth+gapWide), 2, boxWidth, boxHeight
		if narrow {
			b.x, b.y, b.w, b.h = 2, 2+i*(narrowBy+gapNarrow), narrowWidth, narrowBy
		}
		if i == 0 {
			continue
		}
		before := list[i-1]
		path := fmt.Sprintf("M%d %dH%d", before.x+before.w+6, before.y+before.h/2, b.x-12)
		if narrow {
			path = fmt.Sprintf("M%d %dV%d", b.x+b.w/2, before.y+before.h+5, b.y-11)
		}
		p.pipes = append(p.pipes, pipe{path, before.big != "0" && i < len(list)-1 || i == len(list)-1 && before.big != "0"})
	}
	p.boxes = list
	return p
}

// stations returns the ends and the stages of the way through, with their numbers.
func stations(f flow) []box {
	list := []box{}
	for _, s := range f.Stages {
		b := box{title: stageTitle(s.Stage), tone: "good"}
		open, failed, oldest := int64(0), int64(0), 0.0
		for _, l := range s.Lanes {
			open, failed, oldest = open+l.Open, failed+l.Failed, max(oldest, l.Oldest)
		}
		b.big = number(open)
		if len(s.Lanes) > 1 {
			b.lines = append(b.lines, fmt.Sprintf("live %s · bulk %s", number(s.Lanes[0].Open), number(s.Lanes[1].Open)))
		} else {
			b.lines = append(b.lines, plural(s.Reading, "tree")+" being read")
		}
		b.lines = append(b.lines, queueLine(s, f.rates)...)
		if open > 0 {
			b.tone, b.lines = "wait", append(b.lines, "oldest "+lasted(time.Duration(oldest*float64(time.Second))))
		}
		if failed > 0 {
			b.tone, b.lines = "bad", append(b.lines, number(failed)+" failed")
		}
		list = append(list, b)
	}
	index := box{title: "Index", big: "–", lines: []string{"there is none yet"}, tone: "wait"}
	if f.Generation > 0 {
		index = box{title: "Index", big: "#" + strconv.FormatInt(f.Generation, 10), lines: []string{f.Embedder}, tone: "good"}
	}
	if f.Building > 0 {
		index.lines = append(index.lines, "#"+strconv.FormatInt(f.Building, 10)+" is being built")
	}
	return append(list, index)
}

// queueLine returns the number of messages that wait for the replicas of a worker, for visitors who
// may see it.
func queueLine(s service.Stage, rates map[lane]float64) []string {
	waiting, flight, rate := uint64(0), uint64(0), 0.0
	for _, l := range s.Lanes {
		if l.Queue == nil {
			return nil
		}
		waiting, flight, rate = waiting+l.Queue.Waiting, flight+l.Queue.InFlight, rate+rates[lane{s.Stage, l.Lane}]
	}
	line := fmt.Sprintf("queue %s, in flight %s", number(waiting), number(flight))
	if rate > 0 {
		line += fmt.Sprintf(", %.1f/s", rate)
	}
	return []string{line}
}

func stageTitle(stage string) string {
	return cmp.Or(map[string]string{"ingestor": "Ingestor", "embedder": "Embedder", "indexer": "Indexer"}[stage], stage)
}

// column is a span of the time line. Heights are in percent of the highest.
type column struct {
	x, indexed, given int
	text              string
}

// columns draws a time line with a height of 100 units.
func columns(a service.ActivityAnswer) (list []column) {
	most := int64(1)
	for _, s := range a.Spans {
		most = max(most, s.Indexed+s.GivenUp)
	}
	for i, s := range a.Spans {
		c := column{x: i * 10, indexed: int(s.Indexed * 76 / most), given: int(s.GivenUp * 76 / most)}
		if s.Indexed > 0 {
			c.indexed = max(2, c.indexed)
		}
		if s.GivenUp > 0 {
			c.given = max(2, c.given)
		}
		c.text = fmt.Sprintf("%s: %s indexed, %s, %s", s.Begins.Format("15:04"), number(s.Indexed), plural(s.Submitted, "submission"), plural(s.GivenUp, "dead letter"))
		list = append(list, c)
	}
	return list
}

// happened adds up a time line.
func happened(a service.ActivityAnswer) (sum service.ActivitySpan) {
	for _, s := range a.Spans {
		sum.Submitted, sum.Indexed, sum.GivenUp = sum.Submitted+s.Submitted, sum.Indexed+s.Indexed, sum.GivenUp+s.GivenUp
	}
	return sum
}
