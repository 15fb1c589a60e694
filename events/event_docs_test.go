package events_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/leatworks/leat/events"
)

const page = "../docs/events.md"

// publication is one nats pub command.
type publication struct {
	subject string
	header  events.Header
	body    string
}

// The commands that the page gives to publishers send events that leat accepts.
func TestCommandsOfThePage(t *testing.T) {
	published := publications(t)
	if len(published) != 2 {
		t.Fatalf("%s holds %d nats pub commands, want binary and structured mode", page, len(published))
	}
	for _, p := range published {
		e, err := events.Decode(p.header, []byte(p.body))
		if err != nil {
			t.Errorf("%+v: %v", p, err)
			continue
		}
		if _, err := e.ParseSubmitted(p.subject); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// The page has a section for each event. The example there is an event that leat
// would publish.
func TestExamplesOfThePage(t *testing.T) {
	for _, typ := range allTypes() {
		_, section, found := strings.Cut(readPage(t), "\n### `"+string(typ)+"`\n")
		if !found {
			t.Errorf("%s has no section on %s", page, typ)
			continue
		}
		section, _, _ = strings.Cut(section, "\n##")
		blocks := fenced(section, "json")
		if len(blocks) != 1 {
			t.Errorf("%s: %d examples, want 1", typ, len(blocks))
			continue
		}
		if _, err := parseAny(events.Event{Type: typ, Data: json.RawMessage(blocks[0])}, "leat.repo.submitted.default"); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(blocks[0]), &members); err != nil {
			t.Fatal(err)
		}
		schema := loadSchema(t, typ)
		if err := schema.Validate(members); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
		for name := range members {
			if schema.Schema().Properties[name] == nil {
				t.Errorf("%s: the schema does not know %q", typ, name)
			}
		}
	}
}

func TestAsyncAPI(t *testing.T) {
	content, err := os.ReadFile("asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := yaml.Unmarshal(content, &root); err != nil {
		t.Fatal(err)
	}
	for _, ref := range refs(root) {
		if inside, found := strings.CutPrefix(ref, "#/"); !found {
			if _, err := os.Stat(filepath.FromSlash(ref)); err != nil {
				t.Errorf("reference: %v", err)
			}
		} else if at(root, strings.Split(inside, "/")...) == nil {
			t.Errorf("reference: %s leads nowhere", ref)
		}
	}
	parameter := regexp.MustCompile(`\{[a-z]+\}`)
	var addresses []string
	for name := range at(root, "channels").(map[string]any) {
		address := at(root, "channels", name, "address").(string)
		addresses = append(addresses, parameter.ReplaceAllString(address, "*"))
		for _, p := range parameter.FindAllString(address, -1) {
			if at(root, "channels", name, "parameters", strings.Trim(p, "{}")) == nil {
				t.Errorf("channel %s does not say what %s is", name, p)
			}
		}
	}
	slices.Sort(addresses)
	want := []string{events.ChunkedSubjects, events.EmbeddedSubjects, events.IndexedSubjects, events.CompletedSubjects, events.SubmittedSubjects}
	slices.Sort(want)
	if !slices.Equal(addresses, want) {
		t.Errorf("addresses = %q, want %q", addresses, want)
	}
	for _, typ := range allTypes() {
		if !slices.Contains(refs(root), "schema/"+string(typ)+".json") {
			t.Errorf("no message refers to the schema of %s", typ)
		}
	}
}

func allTypes() []events.Type {
	return []events.Type{
		events.TypeRepoSubmitted, events.TypeDocumentChunked, events.TypeDocumentRemoved,
		events.TypeDocumentEmbedded, events.TypeDocumentIndexed, events.TypeRepoIndexed,
	}
}

// at follows keys into a YAML document; nil if they lead nowhere.
func at(node any, keys ...string) any {
	for _, key := range keys {
		m, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = m[key]
	}
	return node
}

// refs lists the targets of all $ref.
func refs(node any) []string {
	var found []string
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			if ref, ok := value.(string); ok && key == "$ref" {
				found = append(found, ref)
			}
			found = append(found, refs(value)...)
		}
	case []any:
		for _, value := range node {
			found = append(found, refs(value)...)
		}
	}
	return found
}

func readPage(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// fenced returns the code blocks of a language.
func fenced(text, language string) []string {
	var blocks []string
	for _, part := range strings.Split(text, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block)
	}
	return blocks
}

// publications reads the nats pub commands of the page as a shell would.
func publications(t *testing.T) []publication {
	t.Helper()
	var found []publication
	for _, block := range fenced(readPage(t), "sh") {
		words := shellWords(strings.ReplaceAll(block, "{{ID}}", "0RkbZ6BPWvyAbOSjPGMUXj"))
		if len(words) < 3 || words[0] != "nats" || words[1] != "pub" {
			continue
		}
		p := publication{subject: words[2], header: make(events.Header)}
		for i := 3; i < len(words); i++ {
			switch words[i] {
			case "-J":
			case "-H":
				i++
				name, value, _ := strings.Cut(words[i], ":")
				p.header[name] = value
			default:
				p.body = words[i]
			}
		}
		found = append(found, p)
	}
	return found
}

// shellWords splits at space, and knows single quotes and a backslash that ends a line.
func shellWords(text string) []string {
	var words []string
	for i, part := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
