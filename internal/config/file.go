package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// File is the configuration file: YAML, one for all workers and for leat. A key is a flag's name
// without its leading dashes. The section of a worker holds settings of that worker alone. A key in
// it takes precedence over the same key outside. Flags and the environment take precedence over the
// file.
//
// Kong reads the file before any other flag, so that the other flags find their values in it.
type File struct {
	*document
}

// document is the content of a file after its keys and values have been checked.
type document struct {
	path     string
	program  string                      // the program that reads it
	values   map[string]map[string]entry // by section; "" is the part for all
	keys     map[string]string           // of flags, by their first environment variables
	given    map[string]bool             // keys whose values came from the file
	unwanted []Finding
}

// entry is the value of a key.
type entry struct {
	line  int
	text  string   // a scalar, as written
	list  []string // the values of a list
	plain bool     // the value is text, not a list
}

// Finding is something in a file that has to be changed.
type Finding struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // 0: no line of the file
	Key  string `json:"key,omitempty"`  // with its section, as gateway.listen
	Text string `json:"text"`           // the mistake, and what to write
}

func (f Finding) String() string {
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, f.Line)
	}
	if f.Key != "" {
		return place + ": " + f.Key + ": " + f.Text
	}
	return place + ": " + f.Text
}

// ownSection is the section of the command leat. `leat dev`, which runs all workers in one process,
// also reads the sections of the workers.
const ownSection = "leat"

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// Decode reads the file that the flag or the environment names. It implements
// kong.MapperValue.
func (f *File) Decode(ctx *kong.DecodeContext) error {
	var name string
	if err := ctx.Scan.PopValueInto("file", &name); err != nil || name == "" {
		return err
	}
	d, err := load(kong.ExpandPath(name))
	if err != nil {
		return err
	}
	if len(d.unwanted) > 0 {
		texts := make([]string, len(d.unwanted))
		for i, finding := range d.unwanted {
			texts[i] = finding.String()
		}
		return errors.New(strings.Join(texts, "\n"))
	}
	f.document = d
	return nil
}

// BeforeResolve is called by kong. It lets kong ask the file for values.
func (File) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	if f, ok := ctx.FlagValue(trace.Flag).(File); ok && f.document != nil {
		f.program = strings.TrimPrefix(ctx.Model.Name, "leat-")
		ctx.AddResolver(resolver(f))
	}
	return nil
}

// Path names the file; "" if there is none.
func (f File) Path() string {
	if f.document == nil {
		return ""
	}
	return f.path
}

// load reads a file and checks keys and values. An error says that it is not a YAML file. Mistakes
// in keys and values are in unwanted.
func load(path string) (*document, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	d := yaml.NewDecoder(io.LimitReader(file, maxFile))
	known, err := settings()
	if err != nil {
		return nil, err
	}
	doc := &document{path: path, values: make(map[string]map[string]entry), keys: known.keys(), given: make(map[string]bool)}
	var root yaml.Node
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF): // an empty file
		return doc, nil
	case err != nil:
		return nil, notYAML(path, err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one YAML document, or more than %d bytes; write one document", path, maxFile)
	}
	doc.read(root.Content[0], known)
	slices.SortStableFunc(doc.unwanted, func(a, b Finding) int { return a.Line - b.Line })
	return doc, nil
}

// aboutLine matches the beginning of the parser's errors, which names a line.
var aboutLine = regexp.MustCompile(`^yaml: line (\d+): (.*)`)

// notYAML returns an error that names the line at which a file cannot be parsed, and says what a
// file looks like.
func notYAML(path string, err error) error {
	if found := aboutLine.FindStringSubmatch(err.Error()); found != nil {
		path, err = path+":"+found[1], errors.New(found[2])
	}
	return fmt.Errorf("%s: it is not YAML: %s; write 'key: value' lines, and indent with spaces",
		path, strings.TrimPrefix(err.Error(), "yaml: "))
}

// read takes the keys of the file.
func (d *document) read(root *yaml.Node, known catalogue) {
	d.each(root, "", func(key, value *yaml.Node) {
		if known.sections[key.Value] != nil {
			d.each(value, key.Value, func(key2, value2 *yaml.Node) { d.take(key.Value, key2, value2, known) })
			return
		}
		d.take("", key, value, known)
	})
}

// each calls do for the pairs of a mapping.
func (d *document) each(node *yaml.Node, section string, do func(key, value *yaml.Node)) {
	node = followed(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	if node.Kind != yaml.MappingNode {
		d.want(node.Line, section, "write 'key: value' lines")
		return
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if first, found := seen[key.Value]; found {
			d.want(key.Line, joined(section, key.Value), fmt.Sprintf("it is also in line %d; remove one of them", first))
			continue
		}
		seen[key.Value] = key.Line
		do(key, value)
	}
}

// take checks a key and its value, and keeps them.
func (d *document) take(section string, key, value *yaml.Node, known catalogue) {
	name := joined(section, key.Value)
	s, found := known.sections[section][key.Value]
	if !found {
		d.want(key.Line, name, known.unknown(section, key.Value))
		return
	}
	e := entry{line: key.Line}
	switch value = followed(value); {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		return // a key without a value means the default
	case value.Kind == yaml.ScalarNode:
		e.text, e.plain = value.Value, true
	case value.Kind == yaml.SequenceNode && s.list():
		for _, item := range value.Content {
			if item = followed(item); item.Kind != yaml.ScalarNode {
				d.want(item.Line, name, "write a list of plain values, such as [a, b]")
				return
			}
			e.list = append(e.list, item.Value)
		}
	default:
		d.want(value.Line, name, "write one value")
		return
	}
	if text := s.refuse(e); text != "" {
		d.want(value.Line, name, text)
		return
	}
	if d.values[section] == nil {
		d.values[section] = make(map[string]entry)
	}
	d.values[section][key.Value] = e
}

func (d *document) want(line int, key, text string) {
	d.unwanted = append(d.unwanted, Finding{d.path, line, key, text})
}

// lookup returns the entry of a key for a program: the one in its section, or else the one for all.
func (d *document) lookup(program, key string) (e entry, section string, found bool) {
	sections := []string{program, ""}
	if program == ownSection {
		sections = []string{ownSection, GatewayProgram.Name, SyncerProgram.Name, IngestorProgram.Name, ""}
	}
	for _, section := range sections {
		if e, found = d.values[section][key]; found {
			return e, section, true
		}
	}
	return entry{}, "", false
}

// relative resolves a relative path in the file against the file's own directory, so that it does
// not depend on where a program runs.
func (d *document) relative(path string) string {
	if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "~") {
		return path
	}
	return filepath.Join(filepath.Dir(d.path), path)
}

// followed returns the node that an alias stands for.
func followed(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

func joined(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}
