package graph

import (
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/chunk"
)

// found returns where the references in a file of a tree lead, by name.
func found(t *testing.T, file string, texts map[string][2]string) map[string]string {
	t.Helper()
	var files []OfflineFile
	for path, text := range texts {
		files = append(files, OfflineFile{Path: path, Language: text[0], Text: []byte(text[1])})
	}
	o, err := NewOffline(files)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, f := range o.References(file) {
		all[f.Name] = f.Strategy.String()
		for _, to := range f.Targets {
			all[f.Name] += " " + o.Paths[to.Document] + "#" + to.Qualified
		}
	}
	return all
}

// In Python the name in "except T as name" is an object of T.
func TestWhatIsCaught(t *testing.T) {
	if !chunk.Trees {
		t.Skip("without cgo there are no grammars")
	}
	got := found(t, "core.py", map[string][2]string{
		"errors.py": {"Python", "class Fault(Exception):\n    def __init__(self, place):\n        self.place = place\n\n\nclass Leak(Fault):\n    def mend(self): pass\n"},
		"core.py":   {"Python", "from errors import Leak\n\n\ndef run():\n    try:\n        go()\n    except Leak as e:\n        e.mend()\n        return e.place\n"},
	})
	for name, want := range map[string]string{"Leak": "import errors.py#Leak", "mend": "type errors.py#Leak.mend", "place": "type errors.py#Fault.place"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// In Python "import a.b" binds a. In TypeScript a tsconfig of any name may have paths.
func TestImportsOfOtherLanguages(t *testing.T) {
	if !chunk.Trees {
		t.Skip("without cgo there are no grammars")
	}
	python := found(t, "tests/test_mill.py", map[string][2]string{
		"mill/__init__.py":   {"Python", "from .wheel import turn as turn\n"},
		"mill/wheel.py":      {"Python", "def turn(): pass\n"},
		"mill/views.py":      {"Python", "class View: pass\n"},
		"tests/test_mill.py": {"Python", "import mill.views\nimport os.path\n\nmill.turn()\nmill.views.View()\nos.path.join()\nos.getcwd()\n"},
	})
	for name, want := range map[string]string{"turn": "import mill/wheel.py#turn", "View": "import mill/views.py#View", "join": "external", "getcwd": "external"} {
		if python[name] != want {
			t.Errorf("Python: %s is %q, want %q", name, python[name], want)
		}
	}
	script := found(t, "test/a.ts", map[string][2]string{
		"tsconfig.json":      {"JSON", `{"extends": "./tsconfig.base.json"}`},
		"tsconfig.base.json": {"JSON", `{"compilerOptions": {"paths": {"@internal/*": ["./src/*"]}}}`},
		"src/turn.ts":        {"TypeScript", "export function turn() {}\nexport function $() {}\nexport const $$open = 1\n"},
		"test/a.ts":          {"TypeScript", "import { turn, $, $$open } from '@internal/turn'\nturn($$open)\n$()\n"},
	})
	for name, want := range map[string]string{"turn": "import src/turn.ts#turn", "$": "import src/turn.ts#$", "$$open": "import src/turn.ts#$$open"} {
		if script[name] != want {
			t.Errorf("TypeScript: %s is %q, want %q", name, script[name], want)
		}
	}
	var l Layout
	for _, name := range []string{"tsconfig.json", "tsconfig.base.json", "jsconfig.json"} {
		l.add("web/"+name, []byte(`{"compilerOptions": {"paths": {"`+name+`": ["x"]}}}`))
	}
	if !slices.ContainsFunc(l.Paths, func(p Path) bool { return p.Dir == "web" && p.Pattern == "tsconfig.base.json" }) {
		t.Errorf("paths: %+v", l.Paths)
	}
}

// The name of a type means the type, also inside it, and never the constructor.
func TestTheNameOfATypeIsNotItsConstructor(t *testing.T) {
	if !chunk.Trees {
		t.Skip("without cgo there are no grammars")
	}
	for file, text := range map[string]string{
		"Mill.java": "package m;\n\nclass Mill {\n  Mill() {}\n  Mill with(int n) { return this; }\n  int grind() { return 1; }\n  static int run() { return new Mill().with(1).grind(); }\n}\n",
		"Mill.cs":   "namespace m;\n\nclass Mill {\n  Mill() {}\n  Mill with(int n) { return this; }\n  int grind() { return 1; }\n  static int run() { return new Mill().with(1).grind(); }\n}\n",
	} {
		language := map[string]string{"Mill.java": "Java", "Mill.cs": "C#"}[file]
		got := found(t, file, map[string][2]string{file: {language, text}})
		for name, want := range map[string]string{"Mill": file + "#Mill", "grind": "type " + file + "#Mill.grind"} {
			if !strings.HasSuffix(got[name], want) {
				t.Errorf("%s: %s is %q, want %q", language, name, got[name], want)
			}
		}
	}
}

// A member of a type that Java itself has is never one of the same name in the repository.
func TestMembersOfJavaItself(t *testing.T) {
	if !chunk.Trees {
		t.Skip("without cgo there are no grammars")
	}
	got := found(t, "Mill.java", map[string][2]string{
		"Mill.java": {"Java", `package m;

class Mill extends Exception {
  static void run(String s, Class<?> c, Mill m, Bag b, Wheel w) {
    s.charAt(0);
    c.canonical();
    "stone".trimmed();
    Bag.class.simple();
    Integer.valueOf(1).longValue();
    m.getMessage();
    b.getClass().modifiers();
    w.turn();
    unknown().grind();
  }
}
`},
		"Bag.java": {"Java", `package m;

class Bag {
  char charAt(int i) { return 'a'; }
  void canonical() {}
  void trimmed() {}
  void simple() {}
  long longValue() { return 1; }
  void getMessage() {}
  void modifiers() {}
  void grind() {}
}
`},
		"Wheel.java": {"Java", "package m;\n\nclass Wheel extends Gone {\n}\n\nclass Other {\n  void turn() {}\n}\n"},
	})
	for _, name := range []string{"charAt", "canonical", "trimmed", "simple", "longValue", "getMessage", "modifiers"} {
		if got[name] != "external" {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	for name, want := range map[string]string{"grind": "name Bag.java#Bag.grind", "turn": "unresolved"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// A name that stands for itself, or for another that stands for it, leads nowhere.
func TestNamesThatStandForThemselves(t *testing.T) {
	if !chunk.Trees {
		t.Skip("without cgo there are no grammars")
	}
	for _, compat := range []string{
		"read = read\n",
		"read = other\nother = read\n",
		"read = read()\n",
		"read = read[0]\n",
		"def read():\n    return read()\n",
	} {
		found(t, "core.py", map[string][2]string{
			"compat.py": {"Python", compat},
			"core.py":   {"Python", "from compat import read\n\n\ndef run():\n    line = read()\n    line.strip()\n    read[0].strip()\n    for c in read: c.strip()\n    read()[0]().strip()\n"},
		})
	}
}

// One definition of a name is a guess like several where the library has most of what is called, and surer elsewhere.
func TestOneCandidate(t *testing.T) {
	for language, want := range map[string]Strategy{"PHP": ByName, "Ruby": ByName, "Rust": ByUnique, "TypeScript": ByUnique} {
		text := map[string]string{
			"PHP":        "<?php\nclass Mill { function grind() {} }\nfunction turn($x) { $x->grind(); }\n",
			"Ruby":       "class Mill\n  def grind; end\nend\ndef turn(x)\n  x.grind()\nend\n",
			"Rust":       "struct Mill {}\nimpl Mill { fn grind(&self) {} }\nfn turn(x: impl Turns) { x.grind(); }\n",
			"TypeScript": "class Mill { grind() {} }\nfunction turn(x) { x.grind() }\n",
		}[language]
		o, err := NewOffline([]OfflineFile{{Path: "mill", Language: language, Text: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range o.References("mill") {
			if f.Name == "grind" {
				found = true
				if f.Strategy != want || len(f.Targets) != 1 {
					t.Errorf("%s: %s with %d candidates, want %s", language, f.Strategy, len(f.Targets), want)
				}
			}
		}
		if !found {
			t.Errorf("%s: the call is not found", language)
		}
	}
}
