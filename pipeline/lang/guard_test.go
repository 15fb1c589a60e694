package lang

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-enry/go-enry/v2"
	"github.com/go-enry/go-enry/v2/data"
)

// A guarded pattern answers as the pattern alone does. The paths are made of parts of the patterns.
func TestGuardsChangeNoAnswer(t *testing.T) {
	var guards int
	vendorRules, _ := vendorRules()
	parts := []string{"", "a", "/", ".", "x.js", "min.css", "Vendor"}
	for _, rule := range vendorRules {
		if rule.text != "" {
			guards++
		}
		plain := strings.NewReplacer(`(^|/)`, "", `\`, "", `^`, "", `$`, "", `([^/]*)`, "b", `.*`, "c", `?`, "").Replace(rule.pattern.String())
		parts = append(parts, plain, rule.text, strings.ToUpper(rule.text))
	}
	if guards*10 < len(vendorRules)*9 {
		t.Errorf("%d of %d rules have a guard", guards, len(vendorRules))
	}
	hits := 0
	for _, part := range parts {
		for _, path := range []string{part, "a/" + part, part + "/b.js", "a/" + part + "b.css", part + ".js", "x" + part} {
			want := slices.ContainsFunc(vendorRules, func(rule guarded) bool { return rule.pattern.MatchString(path) })
			if got := isVendored(path); got != want {
				t.Errorf("%q is vendored: %t, without guards %t", path, got, want)
			}
			if want {
				hits++
			}
		}
	}
	if hits < len(data.VendorMatchers) {
		t.Errorf("%d paths are vendored", hits)
	}
}

func FuzzModelineGuard(f *testing.F) {
	for _, seed := range []string{
		"# vim: set ft=ruby:", "// vi:filetype=go", "\tex: syntax=c", "/* vim600: ft=c */", "vim>600 \n: ft=c", "vim<7: ft=php", "; -*- mode: lisp -*-",
		"index : ft=perl", "a: b", "vim:syntax=haskell",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		want := enry.GetLanguagesByModeline("", content, nil)
		if got := byModeline("", content, nil); !slices.Equal(got, want) {
			t.Errorf("%q: %v, go-enry says %v", content, got, want)
		}
	})
}
