// Package leak finds goroutines that a test leaves behind. It waits for longer than goleak does: a
// goroutine that has been told to end may need a disk or another process first.
package leak

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds the wait for goroutines that are ending.
const patience = time.Minute

// Find returns an error that shows the goroutines that do not end.
func Find(options ...goleak.Option) error { return find(patience, options...) }

func find(within time.Duration, options ...goleak.Option) error {
	for began := time.Now(); ; {
		err := goleak.Find(options...)
		if err == nil || time.Since(began) > within {
			return err
		}
	}
}

// VerifyNone fails a test that leaves goroutines behind.
func VerifyNone(t testing.TB, options ...goleak.Option) {
	t.Helper()
	if err := Find(options...); err != nil {
		t.Error(err)
	}
}

// VerifyTestMain runs the tests of a package, looks for what they leave behind, and exits.
func VerifyTestMain(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
