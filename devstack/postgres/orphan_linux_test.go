package postgres

import (
	"context"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestKilledOwnerLeavesNoServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	owner := startOwner(t, dir)
	c := cluster{dir: dir}
	if pids, err := c.orphans(); err != nil || len(pids) == 0 {
		t.Fatalf("processes of a running server: %v (%v)", pids, err)
	}
	kill(t, owner)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		pids, err := c.orphans()
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes left: %v", pids)
		}
	}
	mustHoldRow(t, mustStart(t, dir))
}

// TestKilledServerKeepsItsCommits kills all processes of postgres at once.
func TestKilledServerKeepsItsCommits(t *testing.T) {
	for _, fast := range []bool{false, true} {
		t.Run("fast="+strconv.FormatBool(fast), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pg")
			s, err := Start(t.Context(), Config{Dir: dir, Fast: fast})
			if err != nil {
				t.Fatal(err)
			}
			conn, err := pgx.Connect(t.Context(), s.URL(Database))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			if _, err := conn.Exec(t.Context(), "create table kept as select 7 as n"); err != nil {
				t.Fatal(err)
			}
			pids, err := (&cluster{dir: dir}).orphans()
			if err != nil {
				t.Fatal(err)
			}
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			if !s.proc.wait(time.Minute) {
				t.Fatal("the server outlived kill -9")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			mustHoldRow(t, mustStart(t, dir))
		})
	}
}
