package config

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// CheckFile reads a file as all workers do, and returns what has to be changed in it. An
// error says that it cannot be read.
//
// A file that names no store, like the environment, is one for `leat dev`, which brings
// stores of its own.
func CheckFile(path string) ([]Finding, error) {
	d, err := load(path)
	if err != nil {
		return nil, err
	}
	if len(d.unwanted) > 0 {
		return d.unwanted, nil // the rest would only repeat it
	}
	var findings []Finding
	add := func(err error) {
		if err == nil {
			return
		}
		f := d.locate(err, func(string) bool { return true })
		if !slices.ContainsFunc(findings, func(g Finding) bool { return g.Line == f.Line && g.Text == f.Text }) {
			findings = append(findings, f)
		}
	}
	dev, err := d.namesNoStore()
	if err != nil {
		return nil, err
	}
	programs := Programs()
	if dev {
		programs = []Program{{Name: ownSection, Description: "leat dev", flags: func() Flags { return &laptop{} }}}
	}
	for _, p := range programs {
		cfg := p.flags()
		parser, err := p.Parser(cfg, "")
		if err != nil {
			return nil, err
		}
		if _, err = parser.Parse([]string{"--" + fileFlag, path}); err == nil {
			err = cfg.Check()
		}
		d.program = p.Name
		add(err)
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Line - b.Line })
	return findings, nil
}

// laptop holds the flags of `leat dev`.
type laptop struct {
	Stores
	Log
	Git
	Filter
	Guard
	Bulk
	Parser
	Upkeep
	Door
}

// Check says what to change.
func (l laptop) Check() error {
	if err := l.CheckNamed(); err != nil {
		return err
	}
	for _, part := range []Flags{l.Git, l.Filter, l.Guard, l.Bulk, l.Parser, l.Upkeep, l.Door} {
		if err := part.Check(); err != nil {
			return err
		}
	}
	return nil
}

// namesNoStore reports whether neither the file nor the environment names one.
func (d *document) namesNoStore() (bool, error) {
	p := IndexerProgram
	var cfg Worker
	parser, err := p.Parser(&cfg, "")
	if err != nil {
		return false, err
	}
	if _, err := parser.Parse([]string{"--" + fileFlag, d.path}); err != nil {
		return false, nil // CheckFile meets the error again
	}
	return cfg.NATSURL+cfg.PostgresURL+cfg.S3URL+cfg.QdrantURL == "", nil
}

// named matches a setting in the text of an error, as the Check functions write it.
var named = regexp.MustCompile(`--([a-z][a-z0-9-]*)( \([A-Z0-9_]+\))?`)

// Locate says where in the file the setting stands that an error is about. Of a setting
// that is not in the file, or has another value by flag or environment, the error stays as
// it is.
func (f File) Locate(err error) error {
	if f.document == nil || err == nil {
		return err
	}
	if found := f.locate(err, func(key string) bool { return f.given[key] }); found.Line > 0 {
		return errors.New(found.String())
	}
	return err
}

// locate makes a finding of an error about settings, of which counts says whether the
// file's value is the one in question.
func (d *document) locate(err error, counts func(key string) bool) Finding {
	text := err.Error()
	found := Finding{File: d.path}
	if _, rest, ok := strings.Cut(text, d.path+":"); ok { // it names the line already
		line, rest, _ := strings.Cut(rest, ": ")
		found.Line = number(line)
		found.Key, found.Text, _ = strings.Cut(rest, ": ")
		return found
	}
	found.Text = named.ReplaceAllString(text, "$1")
	for _, match := range named.FindAllStringSubmatch(text, -1) {
		e, section, ok := d.lookup(d.program, match[1])
		if ok && !counts(match[1]) {
			break
		}
		if ok {
			found.Line, found.Key = e.line, joined(section, match[1])
			found.Text = strings.TrimLeft(strings.TrimPrefix(found.Text, match[1]), ": ")
			break
		}
	}
	return found
}

// number reads the digits of a line number; 0 if there are none.
func number(text string) (n int) {
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}
