package postgres

import (
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// firstExtra is the descriptor that os/exec gives to the first of ExtraFiles.
const firstExtra = 3

// share returns the path by which cmd knows a directory. A server that runs as another user may not be allowed through
// the directories above it, such as a home directory of mode 0700. So cmd inherits the open directory, and needs no
// path from the root.
func (c *cluster) share(cmd *exec.Cmd, dir string) string {
	if c.user == nil {
		return dir
	}
	f, err := os.Open(dir)
	if err != nil {
		cmd.Err = err
		return dir
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	return fmt.Sprintf("/proc/self/fd/%d", firstExtra+len(cmd.ExtraFiles)-1)
}

// syncAll makes everything written to the file system of path durable.
func syncAll(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}
