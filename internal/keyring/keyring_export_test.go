package keyring

import (
	"sync/atomic"
	"time"
)

// Clock takes over the clock of a keyring, and returns a function that moves it on.
func Clock(k *Keyring) func(time.Duration) {
	var ahead atomic.Int64
	k.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	return func(d time.Duration) { ahead.Add(int64(d)) }
}
