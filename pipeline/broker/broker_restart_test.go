package broker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/broker"
)

// process starts a server in a process of its own. kill ends it as kill -9 does.
func process(t testing.TB, port int, dir string) (kill func()) {
	t.Helper()
	_, kill = serverProcess(t, port, dir)
	return kill
}

func serverProcess(t testing.TB, port int, dir string) (pid int, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", envServe, port, dir))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the server says %q: %v", line, err)
	}
	return cmd.Process.Pid, kill
}

func freePort(t testing.TB) int {
	t.Helper()
	_, text, err := net.SplitHostPort(testenv.FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// work is the handler of these tests: a little work, then the effect.
func work(seen *tally) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-msg.Context().Done():
			return msg.Context().Err()
		}
		seen.enter(msg)
		return nil
	}
}

func TestRestartsOfSubscriberLoseNothing(t *testing.T) {
	t.Parallel()
	const messages, restarts = 3000, 8
	for name, crash := range map[string]bool{"drained": false, "crashed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			b := s.connect()
			top := patient()
			if crash {
				top.AckWait = 2 * time.Second // nobody gives back what a crash held
			}
			ensure(t, b, top)
			submit(t, b, messages)

			seen := newTally()
			for round := range restarts {
				worker := s.connect()
				stop := route(t, worker.Subscriber(ingestor(32)), work(seen))
				goal := (round + 1) * messages / (restarts + 1)
				eventually(t, "progress", func() bool { return seen.distinct() >= goal })
				if crash {
					worker.Close() // and with it every ack not yet sent
				}
				stop()
			}
			route(t, b.Subscriber(ingestor(0)), work(seen))
			eventually(t, "all messages", func() bool { return seen.distinct() == messages })
			settled(t, b)

			extra := seen.deliveries() - messages
			t.Logf("%d messages handled again after %d restarts", extra, restarts)
			if !crash && extra > 0 {
				t.Errorf("%d messages handled twice although every restart drained", extra)
			}
		})
	}
}

func TestRestartOfServerLosesNothing(t *testing.T) {
	t.Parallel()
	const messages = 500
	s := startServer(t)
	b := s.connect()
	top := topology()
	top.AckWait = 2 * time.Second
	ensure(t, b, top)
	submit(t, b, messages)

	seen := newTally()
	route(t, b.Subscriber(ingestor(8)), work(seen))
	for _, goal := range []int{messages / 3, 2 * messages / 3} {
		eventually(t, "progress", func() bool { return seen.distinct() >= goal })
		s.restart()
	}
	eventually(t, "all messages", func() bool { return seen.distinct() == messages })
	settled(t, b)
	eventually(t, "Ready", func() bool { return b.Ready(t.Context()) == nil })
	t.Logf("%d messages handled again", seen.deliveries()-messages)
}

func TestKilledServerLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	const messages, kills = 1500, 3
	port, dir := freePort(t), t.TempDir()
	kill := process(t, port, dir)
	b, err := broker.Connect(t.Context(), broker.Config{URL: fmt.Sprintf("nats://127.0.0.1:%d", port), Timeout: 5 * time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	top := topology()
	top.AckWait = 2 * time.Second
	ensure(t, b, top)

	var stored atomic.Int64
	published := make(chan error, 1)
	go func() { published <- publishAll(t.Context(), b, messages, &stored) }()
	seen := newTally()
	route(t, b.Subscriber(ingestor(32)), work(seen))
	for i := range kills {
		goal := int64((i + 1) * messages / (kills + 1))
		eventually(t, "progress", func() bool { return stored.Load() >= goal && int64(seen.distinct()) >= goal/2 })
		kill()
		kill = process(t, port, dir)
	}
	if err := receive(t, "the publisher", published); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all messages", func() bool { return seen.distinct() == messages })
	settled(t, b)
	t.Logf("%d messages handled again after %d kills", seen.deliveries()-messages, kills)
}

// publishAll publishes numbers, each until it is stored.
func publishAll(ctx context.Context, b *broker.Broker, n int, stored *atomic.Int64) error {
	for i := range n {
		for {
			err := b.Publisher().Publish(events.SubmittedSubject("default"), message.NewMessage("", []byte(strconv.Itoa(i))))
			if err == nil {
				stored.Add(1)
				break
			}
			select {
			case <-ctx.Done():
				return errors.Join(ctx.Err(), err)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return nil
}
