package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/git/reach"
)

// A process with the race detector needs 0.2 s of processor time before it does anything, and the
// scripts run a thousand commands. So most commands of a script run one after another in one
// process, the script's resident. In a script's PATH, leat is testdata/resident, which hands
// commands over.

// residentVariable tells a leat that it is a resident. It is not in the environment of commands.
const residentVariable = "LEAT_TEST_RESIDENT"

// The files that a resident inherits.
const (
	residentListener = 3 // of the socket for commands
	residentLeash    = 4 // ends with the script
)

// leatOrResident is what testscript runs as leat.
func leatOrResident() {
	if os.Getenv(residentVariable) == "" {
		main()
		return
	}
	child.Main()
	reach.Main()
	if err := reside(); err != nil {
		fmt.Fprintln(os.Stderr, "resident:", err)
		os.Exit(1)
	}
}

// reside runs commands until the leash ends.
func reside() error {
	for _, fd := range []int{residentListener, residentLeash} {
		syscall.CloseOnExec(fd)
	}
	go func() {
		_, _ = os.NewFile(residentLeash, "leash").Read(make([]byte, 1))
		os.Exit(0) // the race detector makes it 66 after a race
	}()
	l, err := net.FileListener(os.NewFile(residentListener, "listener"))
	if err != nil {
		return err
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a reader may go away before a command ends
	null, err := syscall.Open(os.DevNull, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	mine, err := syscall.Dup(2)
	if err != nil {
		return err
	}
	syscall.CloseOnExec(mine)
	idle := [3]int{null, null, mine}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		if err := serveCommand(conn.(*net.UnixConn), idle); err != nil {
			return err
		}
	}
}

// serveCommand runs one command and answers with its exit code. Nothing keeps the command's
// standard files, because their reader waits for their end.
func serveCommand(conn *net.UnixConn, idle [3]int) error {
	defer conn.Close()
	rights := make([]byte, syscall.CmsgSpace(3*4))
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("%d messages with files: %w", len(messages), err)
	}
	files, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(files) != 3 {
		return fmt.Errorf("%d standard files: %w", len(files), err)
	}
	var question struct {
		Args, Env []string
		Dir       string
	}
	if err := json.NewDecoder(conn).Decode(&question); err != nil {
		return err
	}
	if err := os.Chdir(question.Dir); err != nil {
		return err
	}
	os.Clearenv()
	for _, pair := range question.Env {
		name, value, _ := strings.Cut(pair, "=")
		os.Setenv(name, value)
	}
	if err := redirect([3]int(files)); err != nil {
		return err
	}
	for _, file := range files {
		syscall.Close(file)
	}
	os.Args = append([]string{"leat"}, question.Args...)
	code := run(question.Args)
	if err := errors.Join(redirect(idle), os.Chdir("/")); err != nil {
		return err
	}
	_, err = conn.Write([]byte{byte(code)})
	return err
}

// redirect makes files the standard ones.
func redirect(files [3]int) error {
	var errs []error
	for to, from := range files {
		errs = append(errs, unix.Dup2(from, to))
	}
	return errors.Join(errs...)
}

// startResident starts the resident of a script, and puts the leat that hands commands to it first
// into PATH. A race in the resident fails the script at its end.
func startResident(env *testscript.Env) error {
	program, err := forwarder()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leat-resident-")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "commands")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	listener, err := l.File()
	if err != nil {
		return err
	}
	defer listener.Close()
	end, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	defer end.Close()
	var said bytes.Buffer
	reports := filepath.Join(dir, "race")
	cmd := exec.Command(filepath.Join(env.Getenv("LEAT_BIN"), "leat"))
	cmd.Args = []string{"leat"}
	cmd.Env = append(env.Vars, residentVariable+"=true", "GORACE="+os.Getenv("GORACE")+" log_path="+reports)
	cmd.Dir = "/"
	cmd.Stderr = &said
	cmd.ExtraFiles = []*os.File{listener, end}
	if err := cmd.Start(); err != nil {
		leash.Close()
		return err
	}
	env.Defer(func() {
		leash.Close()
		if err := cmd.Wait(); err != nil {
			report, _ := os.ReadFile(fmt.Sprintf("%s.%d", reports, cmd.Process.Pid))
			env.T().Fatal(fmt.Sprintf("the resident: %v\n%s%s", err, said.Bytes(), report))
		}
	})
	env.Setenv("RESIDENT", socket)
	env.Setenv("PATH", program+string(filepath.ListSeparator)+env.Getenv("PATH"))
	return nil
}

// forwarders are directories to remove at the end.
var forwarders []string

// forwarder returns the directory of the built testdata/resident. Without the race detector, it
// starts at once.
var forwarder = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "leat-resident-")
	if err != nil {
		return "", err
	}
	forwarders = append(forwarders, dir)
	cmd := exec.Command("go", "build", "-race=false", "-o", filepath.Join(dir, "leat"), "./testdata/resident")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the forwarder: %w\n%s", err, out)
	}
	return dir, nil
})
