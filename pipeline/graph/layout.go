package graph

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// Layout says where the modules of a track are. It is read from files such as go.mod and package.json.
type Layout struct {
	Go       []Root `json:"go,omitempty"`       // Go modules by their paths, the longest first
	Packages []Root `json:"packages,omitempty"` // npm packages by their names
	Paths    []Path `json:"paths,omitempty"`    // aliases in tsconfig.json

	Declared []Declared `json:"declared,omitempty"` // names for other repositories, beside those of Go and npm
}

// Root is the directory of a module.
type Root struct {
	Name string `json:"name"`
	Dir  string `json:"dir"` // "" is the root
	Main string `json:"main,omitempty"`
}

// Path is an alias of a directory, below the directory of its tsconfig.json.
type Path struct {
	Dir     string `json:"dir"`
	Pattern string `json:"pattern"` // "@/*"
	To      string `json:"to"`      // "src/*", from the root
}

// The files that say where modules are.
const (
	inputPattern = `(^|/)(go\.mod|package\.json|[jt]sconfig(\.[A-Za-z0-9_-]+)*\.json|pyproject\.toml|setup\.cfg|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?)$`
	maxInputs    = 2000
	maxInput     = 256 << 10
)

var inputLanguages = []string{"Go Module", "JSON", "JSON with Comments", "Go Checksums", "Text", "", "TOML", "INI", "Maven POM", "XML", "Gradle", "Kotlin", "Groovy"}

// add reads one of these files. It ignores a file that it cannot understand.
func (l *Layout) add(name string, text []byte) {
	if len(text) > maxInput {
		return
	}
	dir := path.Dir(name)
	if dir == "." {
		dir = ""
	}
	switch path.Base(name) {
	case "go.mod":
		for line := range strings.Lines(string(text)) {
			if module, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
				module, _, _ = strings.Cut(module, "//")
				l.Go = append(l.Go, Root{Name: strings.Trim(strings.TrimSpace(module), `"`), Dir: dir})
				return
			}
		}
	case "package.json":
		var p struct{ Name, Main, Module, Types, Source string }
		if json.Unmarshal(text, &p) == nil && p.Name != "" {
			main := p.Source
			for _, m := range []string{p.Types, p.Module, p.Main} {
				if main == "" {
					main = m
				}
			}
			l.Packages = append(l.Packages, Root{Name: p.Name, Dir: dir, Main: main})
		}
	case "pyproject.toml", "setup.cfg", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts":
		l.declare(name, dir, text)
	default:
		l.typescript(dir, text)
	}
}

func (l *Layout) typescript(dir string, text []byte) {
	var p struct {
		CompilerOptions struct {
			BaseURL string              `json:"baseUrl"`
			Paths   map[string][]string `json:"paths"`
		} `json:"compilerOptions"`
	}
	if json.Unmarshal(plainJSON(text), &p) != nil {
		return
	}
	base := path.Join(dir, p.CompilerOptions.BaseURL)
	if p.CompilerOptions.BaseURL != "" {
		l.Paths = append(l.Paths, Path{dir, "*", path.Join(base, "*")})
	}
	for pattern, list := range p.CompilerOptions.Paths {
		for _, to := range list {
			l.Paths = append(l.Paths, Path{dir, pattern, path.Join(base, to)})
		}
	}
}

// plainJSON removes comments from JSON, and commas before a closing bracket.
func plainJSON(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			end := i + 1
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			out = append(out, text[i:end]...)
			i = end - 1
		case strings.HasPrefix(string(text[i:min(i+2, len(text))]), "//"):
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(string(text[i:min(i+2, len(text))]), "/*"):
			end := strings.Index(string(text[i:]), "*/")
			if end < 0 {
				return out
			}
			i += end + 1
		case text[i] == '}' || text[i] == ']':
			for len(out) > 0 && strings.IndexByte(" \t\r\n,", out[len(out)-1]) >= 0 {
				out = out[:len(out)-1]
			}
			out = append(out, text[i])
		default:
			out = append(out, text[i])
		}
	}
	return out
}

// sort puts more specific names first.
func (l *Layout) sort() {
	byName := func(a, b Root) int {
		if len(a.Name) != len(b.Name) {
			return len(b.Name) - len(a.Name)
		}
		return strings.Compare(a.Name+"\x00"+a.Dir, b.Name+"\x00"+b.Dir)
	}
	slices.SortFunc(l.Go, byName)
	slices.SortFunc(l.Packages, byName)
	slices.SortFunc(l.Declared, func(a, b Declared) int {
		return cmp.Or(strings.Compare(a.Family, b.Family), strings.Compare(a.Name, b.Name), strings.Compare(a.Dir, b.Dir))
	})
	slices.SortFunc(l.Paths, func(a, b Path) int {
		if len(a.Dir)+len(a.Pattern) != len(b.Dir)+len(b.Pattern) {
			return len(b.Dir) + len(b.Pattern) - len(a.Dir) - len(a.Pattern)
		}
		return strings.Compare(a.Dir+"\x00"+a.Pattern+"\x00"+a.To, b.Dir+"\x00"+b.Pattern+"\x00"+b.To)
	})
}

// goDir returns the directory of a Go package. It returns false if the package is not in this track.
func (l *Layout) goDir(module string) (string, bool) {
	for _, r := range l.Go {
		if module == r.Name {
			return r.Dir, true
		}
		if rest, ok := strings.CutPrefix(module, r.Name+"/"); ok {
			return path.Join(r.Dir, rest), true
		}
	}
	return "", false
}

// scripts returns the paths, without endings, that a JavaScript module may have.
func (l *Layout) scripts(from, module string) []string {
	module = strings.TrimSuffix(strings.TrimSuffix(module, ".js"), ".mjs")
	if strings.HasPrefix(module, ".") {
		at := path.Join(path.Dir(from), module)
		return []string{at}
	}
	var all []string
	for _, p := range l.Paths {
		if p.Dir != "" && !strings.HasPrefix(from, p.Dir+"/") {
			continue
		}
		before, after, star := strings.Cut(p.Pattern, "*")
		switch {
		case star && strings.HasPrefix(module, before) && strings.HasSuffix(module, after):
			all = append(all, strings.Replace(p.To, "*", module[len(before):len(module)-len(after)], 1))
		case !star && module == p.Pattern:
			all = append(all, scriptPath(p.To))
		}
	}
	for _, r := range l.Packages {
		if rest, ok := strings.CutPrefix(module, r.Name); ok && (rest == "" || rest[0] == '/') {
			if rest != "" {
				all = append(all, path.Join(r.Dir, rest), path.Join(r.Dir, "src", rest))
				break
			}
			all = append(all, path.Join(r.Dir, "src/index"), path.Join(r.Dir, "index"), path.Join(r.Dir, "lib/index"), scriptPath(path.Join(r.Dir, r.Main)))
			break
		}
	}
	return all
}

// scriptPath removes the ending from a file's path.
func scriptPath(name string) string {
	for _, end := range []string{".d.ts", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"} {
		if at, ok := strings.CutSuffix(name, end); ok {
			return at
		}
	}
	return name
}
