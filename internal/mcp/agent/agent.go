package agent

import (
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Agent is a program that starts MCP servers.
type Agent struct {
	Name  string
	Title string
	// path returns the agent's file. home is the user's home directory, and project that of the
	// project.
	path func(home, project string) string
	// edit puts a server into the text of the file.
	edit func(text []byte, s Server) ([]byte, error)
}

// Server says how an agent starts leat.
type Server struct {
	Command string            // file of the program
	Args    []string          // its arguments
	Env     map[string]string // its environment, beside the agent's own
}

// name is the name of the server in each configuration.
const name = "leat"

// agents are the known agents. The documentation of each agent names its file.
var agents = []Agent{
	{"claude-code", "Claude Code (this project)", of(project, ".mcp.json"), within("mcpServers", stdio)},
	{"claude-desktop", "Claude Desktop", desktop, within("mcpServers", plain)},
	{"codex", "Codex", of(home, ".codex", "config.toml"), codex},
	{"cursor", "Cursor", of(home, ".cursor", "mcp.json"), within("mcpServers", plain)},
	{"gemini", "Gemini CLI", of(home, ".gemini", "settings.json"), within("mcpServers", plain)},
	{"vscode", "Visual Studio Code (this project)", of(project, ".vscode", "mcp.json"), within("servers", stdio)},
	{"windsurf", "Windsurf", of(home, ".codeium", "windsurf", "mcp_config.json"), within("mcpServers", plain)},
}

// Names lists the names of the known agents.
func Names() []string {
	list := make([]string, len(agents))
	for i, a := range agents {
		list[i] = a.Name
	}
	return list
}

// Find returns the agent of a name.
func Find(name string) (Agent, error) {
	for _, a := range agents {
		if a.Name == name {
			return a, nil
		}
	}
	return Agent{}, fmt.Errorf("no such agent %q; there are %s", name, strings.Join(Names(), ", "))
}

// Path returns the agent's file.
func (a Agent) Path(home, project string) string { return a.path(home, project) }

// Edit returns the text of the agent's file with leat among its servers, in place of an earlier
// leat. An empty text stands for a missing file.
func (a Agent) Edit(text []byte, s Server) ([]byte, error) { return a.edit(text, s) }

type root int

const (
	home root = iota
	project
)

func of(in root, parts ...string) func(home, project string) string {
	return func(home, here string) string {
		base := home
		if in == project {
			base = here
		}
		return filepath.Join(append([]string{base}, parts...)...)
	}
}

func desktop(home, _ string) string {
	dir := ".config"
	if runtime.GOOS == "darwin" {
		dir = filepath.Join("Library", "Application Support")
	}
	return filepath.Join(home, dir, "Claude", "claude_desktop_config.json")
}

// plain is a server in the form that most agents use.
func plain(s Server) map[string]any {
	entry := map[string]any{"command": s.Command, "args": s.Args}
	if len(s.Env) > 0 {
		entry["env"] = s.Env
	}
	return entry
}

// stdio is a server in the form of agents that want its transport named.
func stdio(s Server) map[string]any {
	entry := plain(s)
	entry["type"] = "stdio"
	return entry
}

// codex puts a server into a TOML file. The user has to remove an earlier leat by hand, because its
// table may hold additions of the user.
func codex(text []byte, s Server) ([]byte, error) {
	for line := range strings.Lines(string(text)) {
		table := strings.NewReplacer(" ", "", "\t", "", `"`, "", "'", "").Replace(strings.TrimSpace(line))
		if strings.HasPrefix(table, "[mcp_servers."+name+"]") || strings.HasPrefix(table, "[mcp_servers."+name+".") {
			return nil, fmt.Errorf("the file already has a table [mcp_servers.%s]: change it by hand, or remove it first", name)
		}
	}
	var b strings.Builder
	b.Write(text)
	if len(text) > 0 && !strings.HasSuffix(string(text), "\n") {
		b.WriteString("\n")
	}
	if len(text) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "[mcp_servers.%s]\ncommand = %s\nargs = [%s]\n", name, quote(s.Command), strings.Join(quoteAll(s.Args), ", "))
	if len(s.Env) > 0 {
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(s.Env)) {
			pairs = append(pairs, quote(key)+" = "+quote(s.Env[key]))
		}
		fmt.Fprintf(&b, "env = { %s }\n", strings.Join(pairs, ", "))
	}
	return []byte(b.String()), nil
}

func quoteAll(list []string) []string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return quoted
}

// quote writes a basic string of TOML (toml.io, version 1.0.0).
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
