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
	Family string `json:"family"` // of languages
	Name   string `json:"name"`   // as an import of that family has it
	Dir    string `json:"dir"`    // "": the root
}

// maxPrefix bounds the parts of a module's name under which it is looked up.
const maxPrefix = 24

// declare reads a file that gives a package of Python, Rust or Java its name.
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
			if strings.Contains(p.Group, ".") && !strings.Contains(p.Group, "$") { // "org" alone says nothing
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

// tomlName is the value of the key name in a section of a file of sections.
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

// pythonName is the module that a distribution of a name most likely has.
func pythonName(name string) string { return pythonDash.ReplaceAllString(strings.ToLower(name), "_") }

// declared are all names that a layout declares.
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

// modules are the names that a layout declares, each once.
func (l *Layout) modules() []string {
	var names []string
	for _, d := range l.declared() {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// declares is the longest name by which a layout has a module; "": it has not.
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

// ModuleNames are the names of which one is declared by the repository that a module is of,
// if any declares it: the beginnings of the module's own. A relative module has none.
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

// ModuleKey is the hash under which files are found that import a module of another track
// whose repository may declare a name.
func ModuleKey(name string) int64 { return key("module", name) }
