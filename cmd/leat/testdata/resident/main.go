// Command resident is the leat of a script. It hands the command to the script's resident, with
// its directory, environment and standard files, and exits with the command's code. If the
// resident is busy or the command needs a process of its own, it becomes leat.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// alone are the commands that run beside others or end their process. Help does, too.
var alone = []string{"dev", "mcp", "completion", "-h", "--help", "--version"}

func main() {
	if len(os.Args) > 1 && !slices.ContainsFunc(os.Args[1:], func(arg string) bool { return slices.Contains(alone, arg) }) {
		if code, ok := ask(os.Getenv("RESIDENT")); ok {
			os.Exit(code)
		}
	}
	program := filepath.Join(os.Getenv("LEAT_BIN"), "leat")
	fail(syscall.Exec(program, append([]string{"leat"}, os.Args[1:]...), os.Environ()))
}

// ask returns the exit code. It returns false if the resident has not taken the command.
func ask(socket string) (int, bool) {
	lock, err := os.Open(filepath.Dir(socket))
	if err != nil || syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return 0, false
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return 0, false
	}
	dir, err := os.Getwd()
	if err != nil {
		return 0, false
	}
	question, err := json.Marshal(map[string]any{"args": os.Args[1:], "dir": dir, "env": os.Environ()})
	if err != nil {
		return 0, false
	}
	if _, _, err := conn.WriteMsgUnix([]byte{0}, syscall.UnixRights(0, 1, 2), nil); err != nil {
		return 0, false
	}
	if _, err := conn.Write(append(question, '\n')); err != nil {
		fail(err)
	}
	var code [1]byte
	if _, err := conn.Read(code[:]); err != nil {
		fail(fmt.Errorf("the resident has ended: %w", err))
	}
	return int(code[0]), true
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "resident:", err)
	os.Exit(3) // leat has no such code
}
