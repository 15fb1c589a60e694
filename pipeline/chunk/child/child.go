package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/race"
	"github.com/leatworks/leat/pipeline/chunk"
)

// variable is set in a child: "memory cpu", in bytes and nanoseconds.
const variable = "LEAT_CHUNK_CHILD"

// asked says that this program would have served as a child.
var asked atomic.Bool

// Main serves and exits if this process was started as a child, and returns
// otherwise. Call it first thing in main, and in the TestMain of tests that use
// a [Pool].
func Main() {
	limits := os.Getenv(variable)
	if limits == "" {
		asked.Store(true)
		return
	}
	if err := serve(limits, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve cuts the texts that come in until the input ends. A goroutine of its own reads, so
// that the child dies with its parent, even in the middle of a parse.
func serve(limits string, in io.Reader, out io.Writer) error {
	var memory int64
	var cpu time.Duration
	if _, err := fmt.Sscan(limits, &memory, (*int64)(&cpu)); err != nil {
		return fmt.Errorf("read %s %q: %w", variable, limits, err)
	}
	if race.On {
		memory = math.MaxInt64
	}
	memory, err := limitMemory(memory)
	if err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	runtime.GOMAXPROCS(1)   // one cuts; the reader has its turn while C runs
	debug.SetGCPercent(400) // a text and its tree are garbage at once, and small beside the limit
	debug.SetMemoryLimit(memory / 2)
	texts := make(chan chunk.Text, ahead)
	go func() {
		from := bufio.NewReaderSize(in, buffer)
		for {
			text, err := readRequest(from)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					os.Exit(1)
				}
				os.Exit(0)
			}
			texts <- text
		}
	}()
	answers := bufio.NewWriterSize(out, buffer)
	for t := range texts {
		if err := limitCPU(cpu); err != nil {
			return fmt.Errorf("limit the processor's time: %w", err)
		}
		cutting, _ := chunk.Cut(context.Background(), t.Language, t.Bytes) // whoever asks kills this process
		if err := writeAnswer(answers, cutting); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if len(texts) > 0 {
			continue // its answer takes this one along
		}
		if err := answers.Flush(); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return nil
}

// ahead is how many texts a child has read before it cuts them.
const ahead = 4
