// Package config holds the flags and environment variables of leat's commands. It turns them into
// the configurations of other packages.
//
// Secrets have no flag, since every user of the machine can see flags. They come from the
// environment, or from a file that a flag names.
//
// Check finds every mistake that can be found without asking a server, in a sentence that names the
// flag. A YAML file may hold the same settings (File).
package config

//go:generate go run ./internal/schemagen ../../api/config.schema.json

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"github.com/leatworks/leat/pipeline/broker"
)

// Log sets the level and the format of logs.
type Log struct {
	Level  slog.Level `name:"log-level" env:"LEAT_LOG_LEVEL" default:"info" help:"debug, info, warn or error (${default})."`
	Format string     `name:"log-format" env:"LEAT_LOG_FORMAT" enum:"text,json" default:"text" help:"text or json (${default})."`
}

// LogFile says to which file a worker writes its logs, if not to standard error.
type LogFile struct {
	LogDir  string `name:"log-dir" env:"LEAT_LOG_DIR" type:"path" placeholder:"DIR" help:"Directory that holds --log-file. The file cannot lie outside it."`
	LogName string `name:"log-file" env:"LEAT_LOG_FILE" placeholder:"NAME" help:"Write logs to this file in --log-dir instead of standard error. It is rotated."`
	LogMiB  int64  `name:"log-file-mib" env:"LEAT_LOG_FILE_MIB" default:"10" placeholder:"MIB" help:"Largest size of that file in MiB (${default}). A larger one is rotated."`
	LogKeep int    `name:"log-files" env:"LEAT_LOG_FILES" default:"5" placeholder:"N" help:"Number of older files that are kept (${default})."`
}

// Check says what to change.
func (l LogFile) Check() error {
	if l.LogName != "" && l.LogDir == "" {
		return errors.New("--log-file (LEAT_LOG_FILE) needs a directory: set --log-dir (LEAT_LOG_DIR)")
	}
	if l.LogName != "" && (filepath.Base(l.LogName) != l.LogName || !filepath.IsLocal(l.LogName)) {
		return fmt.Errorf("--log-file (LEAT_LOG_FILE) %q: give a name without a directory; --log-dir names that", l.LogName)
	}
	if l.LogName != "" && (l.LogMiB < 1 || l.LogMiB > maxStreamMiB) {
		return fmt.Errorf("--log-file-mib (LEAT_LOG_FILE_MIB) %d: give 1 to %d", l.LogMiB, maxStreamMiB)
	}
	if l.LogKeep < 0 || l.LogKeep > maxLogFiles {
		return fmt.Errorf("--log-files (LEAT_LOG_FILES) %d: give 0 to %d", l.LogKeep, maxLogFiles)
	}
	return nil
}

// maxLogFiles bounds --log-files. It is more than anybody reads.
const maxLogFiles = 1000

// Logger writes to w.
func (l Log) Logger(w io.Writer) *slog.Logger { return l.Leveled(w, new(slog.LevelVar)) }

// Leveled writes to w, at a level that may change later. It first sets the level to that of the
// flags.
func (l Log) Leveled(w io.Writer, level *slog.LevelVar) *slog.Logger {
	level.Set(l.Level)
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Process holds the flags of every worker and of the gateway.
type Process struct {
	Stores
	Log
	LogFile
	Version      kong.VersionFlag `help:"Print the version, the commit and the Go release of this build."`
	Listen       Address          `env:"LEAT_LISTEN" placeholder:"ADDR" default:"${listen}" help:"Address of /healthz, /readyz and /metrics (${default}, which only this machine reaches); 0.0.0.0:PORT for other machines; none: do not serve them."`
	DrainTimeout time.Duration    `env:"LEAT_DRAIN_TIMEOUT" default:"20s" help:"Time that work in flight may take after SIGTERM (${default})."`
	Profile      string           `name:"profile" env:"LEAT_PROFILE" type:"path" placeholder:"FILE" help:"Write a CPU profile of the whole run to this file, for 'go tool pprof'."`
}

// Check says what to change.
func (p Process) Check() error {
	if err := p.Stores.Check(); err != nil {
		return err
	}
	if err := p.LogFile.Check(); err != nil {
		return err
	}
	if p.DrainTimeout <= 0 {
		return fmt.Errorf("--drain-timeout (LEAT_DRAIN_TIMEOUT) %s: give more than 0s", p.DrainTimeout)
	}
	return nil
}

// Worker holds the flags of a worker that takes messages.
type Worker struct {
	Process
	InFlight int `env:"LEAT_IN_FLIGHT" default:"${in_flight}" placeholder:"N" help:"Messages of one tenant worked on at once, in each lane (${default}); at most twice as many for all tenants together."`
}

// Check says what to change.
func (w Worker) Check() error {
	if err := w.Process.Check(); err != nil {
		return err
	}
	if w.InFlight < 1 || w.InFlight > broker.DefaultMaxAckPending {
		return fmt.Errorf("--in-flight (LEAT_IN_FLIGHT) %d: give 1 to %d", w.InFlight, broker.DefaultMaxAckPending)
	}
	return nil
}

// Ingestor holds the flags of the ingestor.
type Ingestor struct {
	Worker
	Git
	Filter
	Guard
	Bulk
	Parser
}

// Check says what to change.
func (i Ingestor) Check() error {
	if err := i.Worker.Check(); err != nil {
		return err
	}
	if i.Dir == "" {
		return errors.New("set --git-dir (LEAT_GIT_DIR): the directory of the bare mirrors")
	}
	if err := i.Git.Check(); err != nil {
		return err
	}
	if err := i.Filter.Check(); err != nil {
		return err
	}
	if err := i.Guard.Check(); err != nil {
		return err
	}
	if err := i.Bulk.Check(); err != nil {
		return err
	}
	return i.Parser.Check()
}

// readable checks that a file can be read, if one is named.
func readable(flag, name string) error {
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return f.Close()
}
