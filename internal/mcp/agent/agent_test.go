package agent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/mcp/agent"
)

var leat = agent.Server{Command: "/usr/bin/leat", Args: []string{"mcp"}, Env: map[string]string{"LEAT_DATA": `/srv/a "b"`}}

// Only the server changes in the text of a file.
func TestEditKeepsWhatIsThere(t *testing.T) {
	for _, test := range []struct{ agent, text, want string }{
		{"cursor", "", "{\n  \"mcpServers\": {\n    \"leat\": ENTRY\n  }\n}\n"},
		{"cursor", "{}", "{\n  \"mcpServers\": {\n    \"leat\": ENTRY\n  }\n}"},
		{"cursor", "{\n\t\"b\": 1,\n\t\"a\":[ 2,3 ]}\n", "{\n  \"mcpServers\": {\n    \"leat\": ENTRY\n  },\n\t\"b\": 1,\n\t\"a\":[ 2,3 ]}\n"},
		{"cursor", `{"mcpServers": {}, "x": "y"}`, "{\"mcpServers\": {\n    \"leat\": ENTRY\n  }, \"x\": \"y\"}"},
		{"cursor", `{"mcpServers": {"other": {"command": "o"}}}`, "{\"mcpServers\": {\n    \"leat\": ENTRY,\"other\": {\"command\": \"o\"}}}"},
		{"cursor", `{"mcpServers": {"leat": {"command": "old", "args": []}, "other": {}}}`, `{"mcpServers": {"leat": ENTRY, "other": {}}}`},
		{"vscode", `{"servers": {"leat": 1}}`, `{"servers": {"leat": STDIO}}`},
	} {
		a, err := agent.Find(test.agent)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Edit([]byte(test.text), leat)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		entry := "{\n      \"args\": [\n        \"mcp\"\n      ],\n      \"command\": \"/usr/bin/leat\",\n      \"env\": {\n        \"LEAT_DATA\": \"/srv/a \\\"b\\\"\"\n      }"
		want := strings.NewReplacer("ENTRY", entry+"\n    }", "STDIO", entry+",\n      \"type\": \"stdio\"\n    }").Replace(test.want)
		if string(got) != want {
			t.Errorf("%q became\n%s\nwant\n%s", test.text, got, want)
		}
		again, err := a.Edit(got, leat)
		if err != nil || string(again) != want {
			t.Errorf("a second time: %v\n%s", err, again)
		}
	}
}

func TestEditRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, a := range agent.Names() {
		known, err := agent.Find(a)
		if err != nil {
			t.Fatal(err)
		}
		text := []string{"[]", "{", `{"mcpServers": 1, "servers": []}`, "{} {}", "// a comment\n{}", `{"mcpServers": {"a"}, "servers": {"a"}}`}
		if a == "codex" {
			text = []string{"[mcp_servers.leat]\n", "x = 1\n [ mcp_servers . \"leat\" ]\n", "[mcp_servers.leat.env]\n"}
		}
		for _, bad := range text {
			if got, err := known.Edit([]byte(bad), leat); err == nil {
				t.Errorf("%s: %q became %q", a, bad, got)
			}
		}
	}
}

func TestCodexReadsItsTable(t *testing.T) {
	a, err := agent.Find("codex")
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Edit([]byte("model = \"x\""), leat)
	want := "model = \"x\"\n\n[mcp_servers.leat]\ncommand = \"/usr/bin/leat\"\nargs = [\"mcp\"]\nenv = { \"LEAT_DATA\" = \"/srv/a \\\"b\\\"\" }\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func FuzzEdit(f *testing.F) {
	f.Add(`{"mcpServers": {"other": {}}, "a": [1]}`)
	f.Add(`{"a": "\u00e9", "mcpServers" : { } }`)
	a, err := agent.Find("cursor")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := a.Edit([]byte(text), leat)
		if err != nil {
			return
		}
		var read struct {
			MCPServers map[string]json.RawMessage `json:"mcpServers"`
		}
		if err := json.Unmarshal(got, &read); err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
	})
}
