package lang

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// git runs git in a repository of its own and returns the output. For check-ignore, exit status 1 is an answer: no path
// is ignored.
func git(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("git %v: %v: %s", args, err, stderr.String())
	}
	return stdout.String()
}

func initRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "", "init", "-q", ".")
	return dir
}

var wellKnownIgnores = []string{
	"*.log", "/*.log", "build/", "/build/", "build", "/build", "docs/*.md", "docs/**", "**/docs", "**/docs/**", "a/**/b", "a/**", "**/a",
	"a**/b", "a/**b", "a**b/c", "**a", "a/***/b", "***", "**", "*", "/*", "/**", "!a", "foo/bar/", "/foo/bar/", "foo/bar", "foo/*/", "foo//",
	"\\!a", "\\#a", "#a", "a\\ ", "a ", "a \\ ", "a\t", " a", "\\a", "a\\", "a\\\\", "[abc]", "[a-c]", "[!a]", "[^a]", "[]a]", "[!]a]", "[a-]",
	"[-a]", "[a", "[[:alpha:]]", "[[:digit:]a]", "[[:nope:]]", "[[:alpha]", "[[:]", "[\\]]", "[a\\-c]", "[\\a-c]", "[a-\\c]", "[c-a]", "[!a-c/]x",
	"?", "a?c", "a/?", "?/b", "/", "//", "!", "!/", "", "*/", "**/", "/**/", "a*c", "*a*b*c", "*.tar.gz", "a/b/", "a/b/**", "a/*/c",
	"[[:space:]]", "[[:punct:]]", "[[:cntrl:]]", "[[:print:]]", "[[:upper:]-z]", "é", "[é]", "*é", "a\\/b", "**\\/b", "a/**\\/b", ".*", "*.*", "a\r",
}

func TestIgnoreAsGitDoes(t *testing.T) {
	dir := initRepository(t)
	random := rand.New(rand.NewPCG(1, 2))
	files := make([]string, 0, len(wellKnownIgnores)+200)
	for _, line := range wellKnownIgnores {
		files = append(files, line+"\n")
	}
	files = append(files, "\uFEFF*.log\n!a.log", "a\r\nb\r\n", "*\n!a/\n!a/b\n", "*\n!*/\n!*.go\n", "/*\n!/foo\n/foo/*\n!/foo/bar\n", "a/\n!a/b\n")
	for range 200 {
		files = append(files, randomIgnore(random))
	}
	pairs := 0
	for _, file := range files {
		paths := randomPaths(random, 60)
		if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		out := git(t, dir, strings.Join(paths, "\x00")+"\x00", "check-ignore", "--no-index", "-z", "--stdin")
		ignored := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
		rules := parseIgnore([]byte(file))
		for _, path := range paths {
			pairs++
			rule, got := rules.match(path, newBudget(t.Context()))
			if want := slices.Contains(ignored, path); got != want {
				t.Errorf("%q ignores %q: %t (by %q), git says %t", file, path, got, rule.text, want)
			}
		}
	}
	t.Logf("%d files of patterns, %d pairs", len(files), pairs)
}

// pieces are parts of patterns and paths that often match.
var pieces = []string{"a", "b", "c", "ab", "abc", "foo", "bar", "docs", "build", "a.log", "b.md", ".x", "é", "A", "1", "x y", "!a", "#a", "a ", "]", "-", "\\", "a-c", "*", "\t"}

func randomPaths(random *rand.Rand, n int) []string {
	var paths []string
	for range n {
		var elements []string
		for range 1 + random.IntN(4) {
			element := pieces[random.IntN(len(pieces))]
			if random.IntN(4) == 0 {
				element += pieces[random.IntN(len(pieces))]
			}
			elements = append(elements, element)
		}
		paths = append(paths, strings.Join(elements, "/"))
	}
	return paths
}

func randomIgnore(random *rand.Rand) string {
	var out strings.Builder
	for range 1 + random.IntN(5) {
		if random.IntN(4) == 0 {
			out.WriteByte('!')
		}
		out.WriteString(randomPattern(random))
		out.WriteString([]string{"\n", "\r\n", " \n", "\n\n"}[random.IntN(4)])
	}
	return out.String()
}

func randomPattern(random *rand.Rand) string {
	wild := []string{"*", "**", "?", "/", "/", "**/", "/**", "/**/", "[a-c]", "[!a]", "[]b]", "\\", "[[:alnum:]]", "[", "-"}
	var out strings.Builder
	for range 1 + random.IntN(5) {
		if random.IntN(2) == 0 {
			out.WriteString(wild[random.IntN(len(wild))])
		} else {
			out.WriteString(pieces[random.IntN(len(pieces))])
		}
	}
	return out.String()
}

func TestAttributesAsGitDoes(t *testing.T) {
	dir := initRepository(t)
	random := rand.New(rand.NewPCG(3, 4))
	asked := append([]string{"mine"}, decisive...)
	pairs := 0
	for round := range 150 {
		files := map[string][]byte{}
		for _, at := range []string{"", "a", "a/b", "docs"} {
			if at == "" || random.IntN(2) == 0 {
				files[at] = []byte(randomAttributes(random))
			}
		}
		if round == 0 {
			files = map[string][]byte{"": []byte(wellKnownAttributes)}
		}
		for _, at := range []string{"docs", "a/b", "a", ""} {
			writeAttributes(t, filepath.Join(dir, at), files[at])
		}
		paths := randomPaths(random, 40)
		args := append([]string{"check-attr", "-z", "--stdin"}, asked...)
		fields := strings.Split(git(t, dir, strings.Join(paths, "\x00")+"\x00", args...), "\x00")
		rules := parseAttributes(files)
		for triple := range slices.Chunk(fields[:len(fields)-1], 3) {
			path, name, want := triple[0], triple[1], triple[2]
			if name == "mine" {
				continue // the line decides nothing, and is dropped unless it is a macro
			}
			pairs++
			if got := describe(rules.of(path, newBudget(t.Context()))[name]); got != want {
				t.Errorf("%q: %s of %q is %q, git says %q", files, name, path, got, want)
			}
		}
	}
	t.Logf("%d pairs", pairs)
}

const wellKnownAttributes = "\uFEFF* text=auto\n*.md -text linguist-language=Text\r\n\"a b\" binary\n\"\\141\" binary\n\"bad\n# comment\n" +
	"[attr]mine linguist-generated -diff\nabc mine\na -mine binary\nb !text diff=astextplain\nc binary text\n!x binary\nfoo a..b= -= text\nbar/ binary\n" +
	"docs/** linguist-vendored=false\n*.log linguist-vendored linguist-vendored=true -linguist-vendored\n"

func writeAttributes(t *testing.T, dir string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitattributes"), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func randomAttributes(random *rand.Rand) string {
	var out strings.Builder
	for range random.IntN(6) {
		pattern := randomPattern(random)
		switch random.IntN(8) {
		case 0:
			pattern = "[attr]mine"
		case 1:
			pattern = fmt.Sprintf("%q", pattern)
		}
		out.WriteString(pattern)
		for range random.IntN(4) {
			name := append([]string{"mine", "merge"}, decisive...)[random.IntN(8)]
			out.WriteString([]string{" ", "\t", "  "}[random.IntN(3)])
			out.WriteString([]string{name, "-" + name, "!" + name, name + "=false", name + "=x", name + "=", "-" + name + "=x", "--" + name}[random.IntN(8)])
		}
		out.WriteString([]string{"\n", "\r\n"}[random.IntN(2)])
	}
	return out.String()
}

func describe(v value) string {
	switch v.state {
	case valueTrue:
		return "set"
	case valueFalse:
		return "unset"
	case valueText:
		return v.text
	}
	return "unspecified"
}
