package graph

import (
	"encoding/xml"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Declared is a name under which other repositories import what a directory holds.
type Declared struct {
	Family string `json:"family"` // the family of languages
	Name   string `json:"name"`   // the name as an import in that family spells it
	Dir    string `json:"dir"`    // "" is the root
}

// maxPrefix bounds the beginnings of a module's name under which the module is looked up.
const maxPrefix = 24

// declare reads a file that names a package of Python, Rust or Java.
func (l *Layout) declare(name, dir string, text []byte) {
	add := func(family, name string) {
		if name = strings.TrimSpace(name); name != "" {
			l.Declared = append(l.Declared, Declared{family, name, dir})
		}
	}
	switch path.Base(name) {
	case "pyproject.toml":
		if n := tomlName(text, "project"); n != "" {
			add("Python", pythonName(n))
		} else {
			add("Python", pythonName(tomlName(text, "tool.poetry")))
		}
	case "setup.cfg":
		add("Python", pythonName(tomlName(text, "metadata")))
	case "Cargo.toml":
		add("Rust", strings.ReplaceAll(tomlName(text, "package"), "-", "_"))
	case "pom.xml":
		var p struct {
			Group  string `xml:"groupId"`
			Parent struct {
				Group string `xml:"groupId"`
			} `xml:"parent"`
		}
		if xml.Unmarshal(text, &p) == nil {
			if p.Group = strings.TrimSpace(p.Group); p.Group == "" {
				p.Group = strings.TrimSpace(p.Parent.Group)
			}
			if strings.Contains(p.Group, ".") && !strings.Contains(p.Group, "$") { // "org" alone names no project
				add("Java", p.Group)
			}
		}
	case "build.gradle", "build.gradle.kts":
		if m := gradleGroup.FindSubmatch(text); m != nil && strings.Contains(string(m[1]), ".") {
			add("Java", string(m[1]))
		}
	}
}

var (
	gradleGroup = regexp.MustCompile(`(?m)^\s*group\s*=?\s*["']([A-Za-z0-9_.-]+)["']`)
	tomlNamed   = regexp.MustCompile(`^name\s*=\s*["']?([A-Za-z0-9._-]+)["']?`)
	pythonDash  = regexp.MustCompile(`[-_.]+`)
)

// tomlName returns the value of the key "name" in a section of a TOML or INI file.
func tomlName(text []byte, section string) string {
	within := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			within = strings.Trim(strings.TrimSuffix(line, "]"), "[ ") == section
			continue
		}
		if m := tomlNamed.FindStringSubmatch(line); within && m != nil {
			return m[1]
		}
	}
	return ""
}

// pythonName returns the module that the distribution of that name most likely contains.
func pythonName(name string) string { return pythonDash.ReplaceAllString(strings.ToLower(name), "_") }

// declared returns all names that a layout declares.
func (l *Layout) declared() []Declared {
	all := slices.Clone(l.Declared)
	for _, r := range l.Go {
		all = append(all, Declared{"Go", r.Name, r.Dir})
	}
	for _, r := range l.Packages {
		all = append(all, Declared{"JavaScript", r.Name, r.Dir})
	}
	return all
}

// modules returns the names that a layout declares, each once.
func (l *Layout) modules() []string {
	var names []string
	for _, d := range l.declared() {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// declares returns the longest declared name that is the module or leads to it, or "" if there is none.
func (l *Layout) declares(family, module string) (name string) {
	separator := "."
	if family == "Go" || family == "JavaScript" {
		separator = "/"
	}
	for _, d := range l.declared() {
		if d.Family == family && len(d.Name) > len(name) && (module == d.Name || strings.HasPrefix(module, d.Name+separator)) {
			name = d.Name
		}
	}
	return name
}

// ModuleNames returns the names under which another repository may declare a module: the beginnings of the module's
// name, and the name itself. A relative module has none.
func ModuleNames(module string) (names []string) {
	if module == "" || module[0] == '.' || module[0] == '#' || module[0] == '/' {
		return nil
	}
	for i, r := range module {
		if (r == '/' || r == '.') && i > 0 && len(names) < maxPrefix {
			names = append(names, module[:i])
		}
	}
	return append(names, module)
}

// ModuleKey returns the hash of a declared name. Under it, files of other tracks are found that may import a module of
// that name.
func ModuleKey(name string) int64 { return key("module", name) }
