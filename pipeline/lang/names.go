package lang

import (
	"slices"
	"strings"

	"github.com/go-enry/go-enry/v2/data"
)

// lockFiles are the files in which package managers write the versions they
// resolved, by name.
var lockFiles = set(
	".terraform.lock.hcl", "Brewfile.lock.json", "Cargo.lock", "Cartfile.resolved", "Chart.lock",
	"Gemfile.lock", "Gopkg.lock", "MODULE.bazel.lock", "Package.resolved", "Pipfile.lock",
	"Podfile.lock", "buf.lock", "bun.lock", "bun.lockb", "cabal.project.freeze", "composer.lock", "conan.lock",
	"conda-lock.yml", "deno.lock", "devbox.lock", "flake.lock", "gems.locked", "glide.lock", "go.sum", "go.work.sum",
	"gradle.lockfile", "mint.lock", "mix.lock", "npm-shrinkwrap.json", "package-lock.json", "packages.lock.json",
	"paket.lock", "pdm.lock", "pixi.lock", "pnpm-lock.yaml", "poetry.lock", "pubspec.lock", "pylock.toml",
	"rebar.lock", "shard.lock", "shrinkwrap.yaml", "spago.lock", "stack.yaml.lock", "uv.lock", "yarn.lock",
)

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out
}

func isLockFile(path string) bool { return lockFiles[base(path)] }

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// ownCode are rules of linguist's list of vendored paths that leat leaves
// out. The list serves statistics about languages, where a file too few costs
// nothing; for a search, these names hold a project's own work more often
// than a copy of another's. Where they do not, .gitattributes, .leatignore or
// an exclude glob says so.
var ownCode = []string{
	`(^|/)cache/`, `(^|/)env/`, `^debian/`,
	`(^|/)\.github/`, `(^|/)\.teamcity/`, `(^|/)\.vscode/`,
	`(^|/)\.gitattributes$`, `(^|/)\.gitignore$`, `(^|/)\.gitmodules$`,
	`(^|/)Jenkinsfile$`, `(^|/)Vagrantfile$`, `(^|/)\.gitpod\.Dockerfile$`, `(^|/)fabfile\.py$`,
	`(.*?)\.d\.ts$`, `(^|/)effects\.js$`, `(^|/)controls\.js$`, `(^|/)dragdrop\.js$`,
	`(\.|-)min\.(js|css)$`, // minified, whoever wrote it
}

// vendorRules are the rules that remain.
var vendorRules = func() (rules []guarded) {
	for _, rule := range data.VendorMatchers {
		if !slices.Contains(ownCode, rule.String()) {
			rules = append(rules, guard(rule))
		}
	}
	return rules
}()

// isVendored says whether path looks like a copy of someone else's code.
func isVendored(path string) bool {
	return slices.ContainsFunc(vendorRules, func(rule guarded) bool { return rule.matches(path) })
}
