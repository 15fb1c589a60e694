//go:build linux

package peer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/leatworks/leat/internal/stack"
)

// driver is a script of driver/ under way. It answers each line with a line.
type driver struct {
	*stack.Process
	in    *os.File
	lines chan []byte // closed when the script ends
}

// answer is an answer of a script.
type answer struct {
	Ready  bool   `json:"ready"`
	Hits   []hit  `json:"hits"`
	Files  int64  `json:"files"`
	Chunks int64  `json:"chunks"`
	Error  string `json:"error"`
}

// startDriver starts a command that speaks like the scripts of driver/, and waits until it is ready.
func startDriver(ctx context.Context, p place, name, dir string, env []string, command string, args ...string) (*driver, error) {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inRead.Close(), inWrite.Close())
	}
	d := &driver{in: inWrite, lines: make(chan []byte), Process: &stack.Process{
		Name: name, Log: filepath.Join(p.dir, name+".log"),
		Command: func() *exec.Cmd {
			cmd := exec.Command(command, args...)
			cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout = dir, env, inRead, outWrite
			return cmd
		},
	}}
	err = d.Start()
	_, _ = inRead.Close(), outWrite.Close()
	go func() {
		defer close(d.lines)
		defer outRead.Close()
		for reader := bufio.NewReader(outRead); ; {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				return
			}
			d.lines <- line
		}
	}()
	if err != nil {
		return nil, errors.Join(err, inWrite.Close())
	}
	if _, err := d.receive(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// ask sends a request and returns the answer. After an error of ctx the driver is of no more use.
func (d *driver) ask(ctx context.Context, do, text string) (answer, error) {
	line, err := json.Marshal(map[string]string{"do": do, "text": text})
	if err != nil {
		return answer{}, err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return answer{}, err
	}
	return d.receive(ctx)
}

func (d *driver) receive(ctx context.Context) (a answer, err error) {
	select {
	case <-ctx.Done():
		return a, ctx.Err()
	case line, more := <-d.lines:
		if !more {
			return a, fmt.Errorf("%s has ended: %s", d.Name, d.LastWords())
		}
		if err := json.Unmarshal(line, &a); err != nil {
			return a, fmt.Errorf("%s answered %q: %w", d.Name, line, err)
		}
		if a.Error != "" {
			err = fmt.Errorf("%s: %s", d.Name, a.Error)
		}
		return a, err
	}
}

// driverPatience is how long a script may take to end once its input has.
const driverPatience = 10 * time.Second

func (d *driver) close() error {
	_ = d.in.Close()
	go func() {
		for range d.lines { // an answer that nobody awaits any more
		}
	}()
	if done := d.Over(); done != nil {
		select {
		case <-done:
		case <-time.After(driverPatience):
			d.Kill()
		}
	}
	return nil
}
