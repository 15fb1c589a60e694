package s3

import (
	"runtime"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"golang.org/x/sys/unix"
)

// openPosix makes the posix backend without changing the process's working directory. It does so on a thread with a
// working directory of its own, which ends with the thread. Some containers forbid that. There openPosix changes the
// directory and changes it back.
func openPosix(root string, store meta.MetadataStorer, opts posix.PosixOpts) (p *posix.Posix, err error) {
	onPassingThread(func() {
		if unix.Unshare(unix.CLONE_FS) != nil {
			p, err = openAndReturn(root, store, opts)
			return
		}
		p, err = posix.New(root, store, opts)
	})
	return p, err
}

// onPassingThread runs f on a thread that ends with f. That cannot be the main thread, which never ends, and whose
// directory the system shows as the process's.
func onPassingThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			onPassingThread(f) // runs on another thread, because this one is held
			return
		}
		f()
	}()
	<-done
}
