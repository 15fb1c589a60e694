package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// shells hold programs that print what a shell would offer for a command line, one offer a
// line. $1 is the script.
var shells = map[string]string{
	"bash": `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _leat; printf '%s\n' "${COMPREPLY[@]}"`,
	// zsh completes only in its line editor. So here the functions that would show the
	// offers print them.
	"zsh": `compdef() { :; }; _files() { print -r -- files; }
compadd() { shift; for offer in "$@"; do [[ $offer == ${words[CURRENT]}* ]] && print -r -- $offer; done; }
_describe() { for list in "$@"; do [[ ${(tP)list} == array* ]] || continue; for offer in "${(@P)list}"; do offer=${offer%%:*}; [[ $offer == ${words[CURRENT]}* ]] && print -r -- $offer; done; done; }
script=$1; shift; source $script; words=("$@"); CURRENT=$#; _leat`,
	"fish": `source $argv[1]; complete -C (string join ' ' -- $argv[2..-1]) | string split -f 1 \t`,
}

// parserOf is the parser of the command line.
func parserOf(t *testing.T) *kong.Kong {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, options(&c)...)
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

func TestCompletion(t *testing.T) {
	for shell, program := range shells {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed", shell)
			}
			script, err := completion(parserOf(t).Model, shell)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "leat."+shell)
			if err := os.WriteFile(file, script, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct{ line, want string }{
				{"leat se", "search"},
				{"leat log", "login logout"},
				{"leat dead ", "drop list retry show"},
				{"leat --json dead re", "retry"},
				{"leat search --ki", "--kind"},
				{"leat dead list --rep", "--repo"},
				{"leat search --js", "--json"},
				{"leat --log-format ", "json text"},
				{"leat search --log-format j", "json"},
				{"leat nats config --variant ", "operator users"},
				{"leat completion f", "fish"},
				{"leat --qdrant-u", "--qdrant-url"},
				{"leat status --nosuch", ""},
			} {
				arguments := []string{"-c", program, file}
				if shell != "fish" {
					arguments = []string{"-c", program, shell, file}
				}
				cmd := exec.CommandContext(t.Context(), path, append(arguments, strings.Split(test.line, " ")...)...)
				cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Logf("%s: %v", test.line, err) // a test that finds nothing ends so
				}
				offers := strings.Fields(string(out))
				slices.Sort(offers)
				if got := strings.Join(offers, " "); got != test.want {
					t.Errorf("%q offers %q, want %q", test.line, got, test.want)
				}
			}
		})
	}
}

// Each script has every command and every flag that the help shows.
func TestCompletionForgetsNothing(t *testing.T) {
	model := parserOf(t).Model
	for shell := range shells {
		script, err := completion(model, shell)
		if err != nil {
			t.Fatal(err)
		}
		var visit func(*kong.Node)
		visit = func(n *kong.Node) {
			for _, flag := range n.Flags {
				if want := "--" + flag.Name; !flag.Hidden && shell != "fish" && !strings.Contains(string(script), want) {
					t.Errorf("%s lacks %s of %s", shell, want, n.Path())
				}
				if want := fmt.Sprintf("-l %s ", flag.Name); !flag.Hidden && shell == "fish" && !strings.Contains(string(script), want) {
					t.Errorf("%s lacks %s of %s", shell, want, n.Path())
				}
			}
			for _, child := range n.Children {
				if !strings.Contains(string(script), child.Name) {
					t.Errorf("%s lacks the command %s", shell, child.Name)
				}
				visit(child)
			}
		}
		visit(model.Node)
	}
}
