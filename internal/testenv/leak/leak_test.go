package leak

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestFind(t *testing.T) {
	ignore, release := goleak.IgnoreCurrent(), make(chan struct{})
	go func() { <-release }()
	if err := find(0, ignore); err == nil || !strings.Contains(err.Error(), "TestFind") {
		t.Errorf("a goroutine that goes on: %v", err)
	}
	time.AfterFunc(3*time.Second, func() { close(release) }) // later than goleak waits
	if err := Find(ignore); err != nil {
		t.Errorf("a goroutine that ends late: %v", err)
	}
}
