package service

import (
	"fmt"
	"strings"
	"testing"
)

const gitDiff = `diff --git a/wheel/w.go b/wheel/w.go
index 1..2 100644
--- a/wheel/w.go
+++ b/wheel/w.go
@@ -3,4 +3,4 @@ package wheel
 // one

--- old
+++ new
 // four
@@ -20,0 +21,2 @@
+one
+two
diff --git a/new.go b/new.go
new file mode 100644
--- /dev/null
+++ b/new.go
@@ -0,0 +1 @@
+package a
diff --git "a/m\303\274hle.go" "b/m\303\274hle.go"
deleted file mode 100644
--- "a/m\303\274hle.go"
+++ /dev/null
@@ -1 +0,0 @@
-package a
\ No newline at end of file
diff --git a/from.go b/to.go
similarity index 100%
rename from from.go
rename to to.go
`

func TestReadPatch(t *testing.T) {
	list, err := readPatch(gitDiff)
	if err != nil {
		t.Fatal(err)
	}
	want := "[{wheel/w.go false [{5 5} {5 6} {20 21}]} {mühle.go true [{1 1}]} {from.go true []}]"
	if got := fmt.Sprint(list); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for name, diff := range map[string]string{
		"nothing":        "hello\n",
		"a bad head":     "--- a/a\n+++ b/a\n@@ -x +1 @@\n",
		"a foreign line": "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n*x\n",
		"too many lines": "--- a/a\n+++ b/a\n@@ -0,0 +1,2 @@\n x\n",
		"too many files": strings.Repeat("--- a/a\n+++ b/a\n", maxPatchFiles+1),
		"too large":      strings.Repeat("x", MaxPatch+1),
	} {
		if list, err := readPatch(diff); err == nil {
			t.Errorf("%s is read as %+v", name, list)
		}
	}
}

func FuzzReadPatch(f *testing.F) {
	f.Add(gitDiff)
	f.Fuzz(func(t *testing.T, diff string) {
		list, err := readPatch(diff)
		if err != nil {
			return
		}
		for _, p := range list {
			for _, l := range p.lines {
				if l.first > l.last || p.path == "" {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}
