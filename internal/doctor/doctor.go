// Package doctor examines an installation: the versions, settings and contents of the stores, the
// programs that leat runs, and when something will be full. It says for each finding what to do,
// and changes nothing.
package doctor

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/store"
)

// State says how bad a finding is.
type State string

// The states, from good to bad.
const (
	Good    State = "good"
	Skipped State = "skipped" // there was no way to look
	Warning State = "warning" // it works now, but may not later
	Wrong   State = "wrong"   // something does not work, or may lose data
)

// Finding is the result of one look.
type Finding struct {
	Subject string `json:"subject"` // such as postgres
	State   State  `json:"state"`
	Text    string `json:"text"`         // the fact
	Do      string `json:"do,omitempty"` // what to do about it
}

// Report is the result of all looks.
type Report struct {
	OK       bool       `json:"ok"` // nothing is wrong
	Findings []Finding  `json:"findings"`
	Forecast []Forecast `json:"forecast"` // when everything with a limit will be full
}

// Config says what to look at.
type Config struct {
	config.Stores
	config.Git
	DataDir string // of embedded stores; "": there are none
}

// deadline bounds the look at one store.
const deadline = 15 * time.Second

// look is the state of an examination.
type look struct {
	Config
	report Report
	stores store.Stores
	log    *slog.Logger
}

// Look examines an installation. Stores that do not answer are findings too.
func Look(ctx context.Context, cfg Config, log *slog.Logger) Report {
	l := &look{Config: cfg, log: log}
	defer l.stores.Close()
	l.open(ctx)
	for _, examine := range []func(context.Context){
		l.postgres, l.schema, l.nats, l.streams, l.workers, l.s3, l.qdrant, l.embedders, l.tools, l.disks, l.certificates, l.work, l.capacity,
	} {
		bounded, cancel := context.WithTimeout(ctx, deadline)
		examine(bounded)
		cancel()
	}
	l.report.OK = !slices.ContainsFunc(l.report.Findings, func(f Finding) bool { return f.State == Wrong })
	if l.report.Forecast == nil {
		l.report.Forecast = []Forecast{}
	}
	return l.report
}

func (l *look) add(subject string, state State, text, do string) {
	l.report.Findings = append(l.report.Findings, Finding{subject, state, text, do})
}

// failed adds the finding that a look failed, for which it blames the store.
func (l *look) failed(subject string, err error, do string) {
	l.add(subject, Wrong, err.Error(), do)
}

// open connects to each store separately.
func (l *look) open(ctx context.Context) {
	for _, part := range []struct {
		name string
		part store.Parts
		take func(*store.Stores)
	}{
		{"postgres", store.Postgres, func(s *store.Stores) { l.stores.Catalog = s.Catalog }},
		{"nats", store.NATS, func(s *store.Stores) { l.stores.Broker = s.Broker }},
		{"s3", store.S3, func(s *store.Stores) { l.stores.Blobs = s.Blobs }},
		{"qdrant", store.Qdrant, func(s *store.Stores) { l.stores.Points = s.Points }},
	} {
		bounded, cancel := context.WithTimeout(ctx, deadline)
		opened, err := store.Open(bounded, store.Config{Stores: l.Stores, Parts: part.part, Name: "leat-doctor"}, l.log)
		cancel()
		if err == nil {
			part.take(opened)
			continue
		}
		do := "check that it runs, and that its address and keys are right"
		if failed := (*store.Error)(nil); errors.As(err, &failed) {
			do += ": " + failed.Flag
		}
		l.failed(part.name, err, do)
	}
}
