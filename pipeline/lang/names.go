package lang

import "strings"

// lockFiles holds the names of the files into which package managers write the versions that they resolved.
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
