package config

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// CheckFile reads a file in the way of each worker, and returns the mistakes in it. An error says
// that it cannot be read.
//
// If neither the file nor the environment names a store, the file is one for `leat dev`, which
// starts its own stores.
func CheckFile(path string) ([]Finding, error) {
	d, err := load(path)
	if err != nil {
		return nil, err
	}
	if len(d.unwanted) > 0 {
		return d.unwanted, nil // the checks of the programs would only repeat these
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
		return false, nil // CheckFile runs into the same error again and reports it
	}
	return cfg.NATSURL+cfg.PostgresURL+cfg.S3URL+cfg.QdrantURL == "", nil
}

// named matches a setting in the text of an error, in the form that the Check functions write.
var named = regexp.MustCompile(`--([a-z][a-z0-9-]*)( \([A-Z0-9_]+\))?`)

// Locate adds to an error about a setting the line of the file that sets it. It returns the error
// unchanged if the file does not set it, or if a flag or the environment gives it another value.
func (f File) Locate(err error) error {
	if f.document == nil || err == nil {
		return err
	}
	if found := f.locate(err, func(key string) bool { return f.given[key] }); found.Line > 0 {
		return errors.New(found.String())
	}
	return err
}

// locate makes a finding of an error about settings. counts says whether the file's value of a key
// is the one in question.
func (d *document) locate(err error, counts func(key string) bool) Finding {
	text := err.Error()
	found := Finding{File: d.path}
	if _, rest, ok := strings.Cut(text, d.path+":"); ok { // the error names the line already
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
