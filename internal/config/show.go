package config

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Shown is a setting of a program, with the source of its value.
type Shown struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // "" if there is none; masked if it is a secret
	Source string `json:"source"`
}

// The value shown in place of a secret, and the sources other than a variable or a line.
const (
	masked        = "••••••"
	sourceDefault = "default"
	sourceUnset   = "not set"
)

// Show returns the settings of a program that result from this environment and the file, sorted by
// key. No value is a secret or holds one.
func Show(p Program, file string) ([]Shown, error) {
	cfg := p.flags()
	parser, err := p.Parser(cfg, "")
	if err != nil {
		return nil, err
	}
	var args []string
	if file != "" {
		args = []string{"--" + fileFlag, file}
	}
	if _, err := parser.Parse(args); err != nil {
		return nil, err
	}
	d := &document{}
	if file != "" {
		if d, err = load(file); err != nil {
			return nil, err
		}
	}
	d.program = p.Name
	var list []Shown
	for _, flag := range parser.Model.Flags {
		if len(flag.Envs) > 0 && flag.Name != fileFlag {
			list = append(list, d.show(flag))
		}
	}
	for key, variables := range secrets {
		list = append(list, d.showSecret(key, variables))
	}
	slices.SortFunc(list, func(a, b Shown) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

func (d *document) show(flag *kong.Flag) Shown {
	s := Shown{Key: flag.Name, Value: written(flag.Target)}
	if slices.Contains(addresses, flag.Name) {
		s.Value = withoutPassword(s.Value)
	}
	e, section, found := d.lookup(d.program, flag.Name)
	switch variable := fromEnvironment(flag.Envs); {
	case variable != "":
		s.Source = "environment: " + variable
	case found:
		s.Source = fmt.Sprintf("%s:%d", d.path, e.line)
		if section != "" {
			s.Source += " (" + section + ")"
		}
		if isReference(e.text) {
			s.Source += ", " + e.text
		}
	case flag.HasDefault:
		s.Source = sourceDefault
	default:
		s.Source = sourceUnset
	}
	return s
}

func (d *document) showSecret(key string, variables []string) Shown {
	for _, name := range variables {
		if os.Getenv(name) != "" {
			return Shown{key, masked, "environment: " + name}
		}
	}
	e, _, found := d.lookup(d.program, key)
	if !found {
		return Shown{key, "", sourceUnset}
	}
	source := fmt.Sprintf("%s:%d, %s", d.path, e.line, e.text)
	if _, err := d.dereference(e.text); err != nil {
		return Shown{key, "", source + " (" + err.Error() + ")"}
	}
	return Shown{key, masked, source}
}

// written returns a value in the form of a file.
func written(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		items := make([]string, v.Len())
		for i := range items {
			items[i] = fmt.Sprint(v.Index(i).Interface())
		}
		return strings.Join(items, ", ")
	}
	return fmt.Sprint(v.Interface())
}

// withoutPassword masks the passwords in a list of addresses separated by commas. It hides every
// element that is not an address.
func withoutPassword(text string) string {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil {
			return masked
		}
		query := u.Query()
		for key := range query {
			if strings.Contains(strings.ToLower(key), "pass") { // Postgres takes password=… here
				query.Set(key, masked)
				u.RawQuery = query.Encode()
			}
		}
		name := ""
		if u.User != nil {
			name = u.User.Username()
			if _, set := u.User.Password(); set {
				name = cmp.Or(name, "user") + ":" + masked
			}
			u.User = nil
			parts[i] = strings.Replace(u.String(), "://", "://"+name+"@", 1)
			continue
		}
		parts[i] = u.String()
	}
	return strings.Join(parts, ",")
}

// Given reports whether somebody has set the value.
func (s Shown) Given() bool { return s.Source != sourceDefault && s.Source != sourceUnset }

// ShowAll returns the settings of several programs in one list. A setting on which the programs
// differ is listed once for each, as WORKER.KEY.
func ShowAll(programs []Program, file string) ([]Shown, error) {
	var order []string
	of := make(map[string]map[string]Shown) // by key and program
	for _, p := range programs {
		list, err := Show(p, file)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if of[s.Key] == nil {
				of[s.Key] = make(map[string]Shown)
				order = append(order, s.Key)
			}
			of[s.Key][p.Name] = s
		}
	}
	slices.Sort(order)
	var all []Shown
	for _, key := range order {
		var own []Shown
		equal := true
		for _, p := range programs {
			s, found := of[key][p.Name]
			if !found {
				continue
			}
			equal = equal && (len(own) == 0 || s.Value == own[0].Value && s.Source == own[0].Source)
			s.Key = joined(p.Name, key)
			own = append(own, s)
		}
		if equal {
			own = own[:1]
			own[0].Key = key
		}
		all = append(all, own...)
	}
	return all, nil
}
