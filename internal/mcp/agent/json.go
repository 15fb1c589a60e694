package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// within edits a JSON file that holds the servers in the object of this name.
func within(servers string, entry func(Server) map[string]any) func([]byte, Server) ([]byte, error) {
	return func(text []byte, s Server) ([]byte, error) {
		if len(bytes.TrimSpace(text)) == 0 {
			text = []byte("{}\n")
		}
		value, err := encode(entry(s), 2)
		if err != nil {
			return nil, err
		}
		top, err := parse(text, 0)
		if err != nil {
			return nil, fmt.Errorf("the file is not a JSON object: %w", err)
		}
		inner, found := top.fields[servers]
		if !found {
			return top.insert(text, fmt.Sprintf("%q: {\n    %q: %s\n  }", servers, name, value), "  "), nil
		}
		all, err := parse(text[:inner.end], inner.start)
		if err != nil {
			return nil, fmt.Errorf("%s is not an object: %w", servers, err)
		}
		if old, found := all.fields[name]; found {
			return join(text[:old.start], []byte(value), text[old.end:]), nil
		}
		return all.insert(text, fmt.Sprintf("%q: %s", name, value), "    "), nil
	}
}

// encode writes a value with the indentation of a nesting depth.
func encode(value any, depth int) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(strings.Repeat("  ", depth), "  ")
	if err := e.Encode(value); err != nil {
		return "", fmt.Errorf("encode the server: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}

// object says where an object and its fields stand in a text.
type object struct {
	open   int // offset behind the opening brace
	fields map[string]span
}

type span struct{ start, end int }

// parse reads the object that begins at an offset.
func parse(text []byte, at int) (object, error) {
	o := object{fields: make(map[string]span)}
	d := json.NewDecoder(bytes.NewReader(text[at:]))
	if first, err := d.Token(); err != nil {
		return o, err
	} else if first != json.Delim('{') {
		return o, errors.New("it does not begin with a brace")
	}
	o.open = at + int(d.InputOffset())
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return o, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return o, err
		}
		end := at + int(d.InputOffset())
		o.fields[key.(string)] = span{end - len(value), end}
	}
	if _, err := d.Token(); err != nil {
		return o, err
	}
	if at > 0 {
		return o, nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return o, errors.New("more text follows its closing brace")
	}
	return o, nil
}

// insert puts a field before the others of an object.
func (o object) insert(text []byte, field, indent string) []byte {
	if len(o.fields) > 0 {
		return join(text[:o.open], []byte("\n"+indent+field+","), text[o.open:])
	}
	rest := bytes.TrimLeft(text[o.open:], " \t\r\n")
	return join(text[:o.open], []byte("\n"+indent+field+"\n"+indent[2:]), rest)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
