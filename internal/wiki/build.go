package wiki

import (
	"bytes"
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The bounds of files that say how a repository is built.
const (
	MaxBuilds     = 40
	MaxBuildBytes = 256 << 10 // bytes that are read of each file
	maxBuildLines = 20        // lines that are shown of each file
)

var buildNames = map[string]*regexp.Regexp{
	"Makefile":         regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*:([^=].*)?$`),
	"GNUmakefile":      regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*:([^=].*)?$`),
	"justfile":         regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*.*:$`),
	"go.mod":           regexp.MustCompile(`^(module|go|toolchain) `),
	"Cargo.toml":       regexp.MustCompile(`^(\[|name *=|version *=|edition *=)`),
	"setup.cfg":        regexp.MustCompile(`^(\[|name *=|console_scripts|python_requires)`),
	"pom.xml":          regexp.MustCompile(`<(groupId|artifactId|packaging|module)>`),
	"build.gradle":     regexp.MustCompile(`^(plugins|apply|task|group|mainClassName)|^\s+(id|mainClass)\b`),
	"build.gradle.kts": regexp.MustCompile(`^(plugins|apply|task|group)|^\s+(id|mainClass|kotlin)\b`),
	"CMakeLists.txt":   regexp.MustCompile(`(?i)^\s*(project|add_executable|add_library)\s*\(`),
	"meson.build":      regexp.MustCompile(`^\s*(project|executable|library)\s*\(`),
	"Dockerfile":       regexp.MustCompile(`(?i)^(FROM|RUN|ENTRYPOINT|CMD)\b`),
	"Gemfile":          regexp.MustCompile(`^(ruby|gemspec)\b`),
	"composer.json":    nil,
	"package.json":     nil,
	"pyproject.toml":   nil,
}

// IsBuild says whether the file of a path says how a repository is built.
func IsBuild(file string) bool {
	_, known := buildNames[path.Base(file)]
	return known && strings.Count(file, "/") <= 2
}

// BuildOf returns the lines of a file that say how the repository is built.
func BuildOf(file string, text []byte) Build {
	b := Build{Path: file, Lines: []string{}}
	text = text[:min(len(text), MaxBuildBytes)]
	switch base := path.Base(file); base {
	case "package.json", "composer.json":
		b.Lines = append(b.Lines, scripts(text)...)
	case "pyproject.toml":
		b.Lines = append(b.Lines, sections(text)...)
	default:
		for line := range bytes.Lines(text) {
			if line = bytes.TrimRight(line, "\r\n"); buildNames[base].Match(line) && !bytes.HasPrefix(line, []byte(".PHONY")) {
				b.Lines = append(b.Lines, string(line))
			}
		}
	}
	b.Lines = b.Lines[:min(len(b.Lines), maxBuildLines)]
	for i, line := range b.Lines {
		b.Lines[i] = clean(line, maxSignature)
	}
	return b
}

// scripts returns the entry points and scripts of a package.json. It returns none for JSON of
// another shape.
func scripts(text []byte) (lines []string) {
	var p struct {
		Main    string                     `json:"main"`
		Type    string                     `json:"type"`
		Scripts map[string]json.RawMessage `json:"scripts"`
	}
	if json.Unmarshal(text, &p) != nil {
		return nil
	}
	if p.Main != "" {
		lines = append(lines, "main: "+p.Main)
	}
	if p.Type != "" {
		lines = append(lines, "type: "+p.Type)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Scripts)) {
		lines = append(lines, name+": "+string(p.Scripts[name]))
	}
	return lines
}

// sections returns the lines of pyproject.toml that name the package, its build system and its
// commands.
func sections(text []byte) (lines []string) {
	section := ""
	for line := range bytes.Lines(text) {
		s := strings.TrimSpace(string(line))
		key, _, _ := strings.Cut(s, "=")
		key = strings.TrimSpace(key)
		switch {
		case strings.HasPrefix(s, "["):
			section = strings.Trim(s, "[]")
		case section == "build-system" && (key == "requires" || key == "build-backend"),
			section == "project" && (key == "name" || key == "requires-python"),
			key != "" && !strings.HasPrefix(key, "#") && (section == "project.scripts" || section == "tool.poetry.scripts"):
			lines = append(lines, section+": "+s)
		}
	}
	return lines
}

// programs are the names of files that start a program.
var programs = []string{"__main__.py", "manage.py", "index.js", "index.ts", "main.py", "app.py", "server.js"}

// entries returns the places of a file where a program begins: the function that its language calls
// first, or the file itself because of its name.
func entries(f File) (list []Entry) {
	for _, s := range f.Symbols {
		last := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
		switch {
		case s.Kind != "function" && s.Kind != "method":
		case last == "main" && slices.Contains([]string{"Go", "Rust", "C", "C++", "Java", "Kotlin", "Scala"}, f.Language), last == "Main" && f.Language == "C#":
			list = append(list, Entry{f.Path, s.Name, s.Line})
		}
	}
	if len(list) == 0 && slices.Contains(programs, path.Base(f.Path)) && strings.Count(f.Path, "/") <= 2 {
		list = append(list, Entry{Path: f.Path})
	}
	return list
}

// FirstWords returns the first paragraph of a README that is text, and not a heading, picture or
// badge.
func FirstWords(readme string) string {
	var words []string
	for line := range strings.Lines(readme[:min(len(readme), 16<<10)]) {
		line = strings.TrimSpace(line)
		prose := line != "" && !strings.ContainsAny(line[:1], "#<!=-.|`>*[:~+")
		if !prose && len(words) > 0 {
			break
		}
		if prose {
			words = append(words, line)
		}
	}
	return clean(strings.Join(words, " "), maxReadme)
}
