package main

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// BenchmarkStart is the time of a process that does nothing: what every command takes
// beside its work.
func BenchmarkStart(b *testing.B) {
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	var cpu time.Duration
	for b.Loop() {
		cmd := exec.Command(program)
		cmd.Args = []string{"leat", "--version"} // TestMain runs the command of this name
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}
