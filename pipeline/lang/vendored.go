package lang

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/leatworks/leat/pipeline/lang/internal/linguist"
)

// ownCode holds the rules in linguist's list of vendored paths that leat does not use. The list serves statistics about
// languages, where a missing file costs nothing. In a search, these names belong to a project's own work more often
// than to a copy. If one belongs to a copy, .gitattributes, .leatignore or an exclude glob can say so.
var ownCode = []string{
	`(^|/)cache/`, `(^|/)env/`, `^debian/`,
	`(^|/)\.github/`, `(^|/)\.teamcity/`, `(^|/)\.vscode/`,
	`(^|/)\.gitattributes$`, `(^|/)\.gitignore$`, `(^|/)\.gitmodules$`,
	`(^|/)Jenkinsfile$`, `(^|/)Vagrantfile$`, `(^|/)\.gitpod\.Dockerfile$`, `(^|/)fabfile\.py$`,
	`(.*?)\.d\.ts$`, `(^|/)effects\.js$`, `(^|/)controls\.js$`, `(^|/)dragdrop\.js$`,
	`(^|/)testdata/`, `(^|/)[Tt]ests?/fixtures/`, `(^|/)[Ss]pecs?/fixtures/`, `(^|/)docs?/_?(build|themes?|templates?|static)/`,
	`(^|/)\.osx$`, `(^|/)\.sublime-project`, `(^|/)proguard\.pro$`, `(^|/)proguard-rules\.pro$`, `(^|/)activator$`,
	`(^|/)Sparkle/`, `(^|/)admin_media/`, `(^|/)[Cc]ode[Mm]irror/(\d+\.\d+/)?(lib|mode|theme|addon|keymap|demo)`,
	`(^|/)tiny_mce/(langs|plugins|themes|utils)`, `(^|/)bootstrap-datepicker/`, `(^|/)[Pp]ackages\/.+\.\d+\/`,
	`(^|/)extjs/.*?\.xml$`, `(^|/)extjs/.*?\.txt$`, `(^|/)extjs/.*?\.html$`, `(^|/)extjs/.*?\.properties$`, `(^|/)extjs/\.sencha/`,
	`(^|/)extjs/docs/`, `(^|/)extjs/builds/`, `(^|/)extjs/cmd/`, `(^|/)extjs/examples/`, `(^|/)extjs/locale/`, `(^|/)extjs/packages/`,
	`(^|/)extjs/plugins/`, `(^|/)extjs/resources/`, `(^|/)extjs/src/`, `(^|/)extjs/welcome/`,
	`(\.|-)min\.(js|css)$`, // another rule finds minified files, whoever wrote them
	`(^|/)configure$`,      // generated if its first lines say so
	// Their surroundings decide about these directories: see layout.go.
	`^[Dd]ependencies/`, `(^|/)dist/`, `^deps/`, `(3rd|[Tt]hird)[-_]?[Pp]arty/`, `(^|/)vendors?/`, `(^|/)[Ee]xtern(als?)?/`, `(^|/)[Vv]+endor/`,
	`(^|/)Carthage/`,
	// Names of a component, and of a package's own data, as often as of copies.
	`(^|/)MathJax/`, `(^|/)inst/extdata/`,
}

// moreVendored holds patterns of paths that linguist counts as generated, or matches less strictly.
var moreVendored = []string{
	`(^|/)vendor/([-0-9A-Za-z]+\.)+(com|edu|gov|in|me|net|org|fm|io)/`, // for Go
	`(^|/)Godeps/`,
	`(^|/)[Pp]ackages/[^/]+\.\d+\.\d+(\.\d+)*/`, // for NuGet
	`(^|/)docs?/_?build/`,
}

// vendorRules returns the rules in linguist's list. It returns the rules for file names of browser libraries apart,
// because such a name alone decides nothing.
var vendorRules = sync.OnceValues(func() (vendor, library []guarded) {
	for _, text := range linguist.Vendored() {
		switch {
		case slices.Contains(ownCode, text):
		case forBrowsers.MatchString(text):
			library = append(library, guards(text)...)
		default:
			vendor = append(vendor, guards(text)...)
		}
	}
	return append(vendor, guards(moreVendored...)...), append(library, guards(`(^|/)(vendors?|(3rd|[Tt]hird)[-_]?[Pp]arty|externals?|MathJax)/.*\.(js|css|less|scss)$`)...)
})

// forBrowsers matches rules about the names of scripts and style sheets.
var forBrowsers = regexp.MustCompile(`(js|css|styl|scss|less)\)?\$?$`)

// isVendored reports whether a path looks like a copy of foreign code, whatever is beside it.
func isVendored(path string) bool {
	vendor, _ := vendorRules()
	return slices.ContainsFunc(vendor, func(rule guarded) bool { return rule.matches(path) })
}

// maxBanner is how far into a library's file its banner may reach, in bytes.
const maxBanner = 2 << 10

var (
	releases = regexp.MustCompile(`\bv?\d+\.\d+(\.\d+)?\b`)
	licences = regexp.MustCompile(`(?i)\blicen[cs]ed?\b|\bcopyright\b|\(c\)|©|\bMIT\b`)
)

// isLibrary reports whether a script or style sheet is a copy of a library. Such a file has the name of a library or is
// kept where libraries are. Its banner names a licence, and the banner or the name gives a release.
func isLibrary(name string, sample []byte) bool {
	_, library := vendorRules()
	if !slices.ContainsFunc(library, func(rule guarded) bool { return rule.matches(name) }) {
		return false
	}
	banner := bannerOf(sample)
	return licences.Match(banner) && (releases.Match(banner) || releases.MatchString(base(name)))
}

// bannerOf returns the comment at the beginning of a script or style sheet.
func bannerOf(sample []byte) []byte {
	head := bytes.TrimPrefix(sample, byteOrderMark)
	head = head[:min(len(head), maxBanner)]
	inside := false
	for at := 0; at < len(head); {
		end := len(head)
		if i := bytes.IndexByte(head[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := bytes.TrimSpace(head[at:end])
		if inside || !preamble.Match(line) {
			_, code, open := slashes.read(line, inside)
			if code {
				if bytes.HasPrefix(line, []byte("/*")) { // a comment and code on one line
					return head[:end]
				}
				return head[:at]
			}
			inside = open
		}
		at = end
	}
	return head
}

// A place is a directory that holds copies of foreign code if it is at the root
// of a repository, or beside a file of the program that fills it.
type place struct {
	manifests map[string]bool
	root      bool // it counts without a manifest if it is at the root
}

var (
	vendorers = set("go.mod", "composer.json", "Gemfile", "gems.rb", "Cargo.toml", "glide.yaml", "Gopkg.toml")
	builders  = set("go.mod", "package.json", "Cargo.toml", "CMakeLists.txt", "meson.build", "BUILD", "BUILD.bazel", "BUILD.gn", "WORKSPACE", "WORKSPACE.bazel", "MODULE.bazel",
		"DEPS", "configure.ac", "SConstruct", "conanfile.txt", "conanfile.py", "premake5.lua", "Makefile.am")
	publishers = set("package.json", "bower.json", "pyproject.toml", "setup.py", "composer.json")
)

// placeOf returns the place for a directory of that name.
func placeOf(name string) (place, bool) {
	switch strings.ToLower(name) {
	case "vendor":
		return place{vendorers, true}, true
	case "thirdparty", "third_party", "third-party", "3rdparty", "3rd_party", "3rd-party":
		return place{builders, true}, true
	case "dist":
		return place{publishers, true}, true
	case "pods":
		return place{set("Podfile"), false}, true
	case "carthage":
		return place{set("Cartfile"), false}, true
	case "vendors", "external", "externals", "extern", "externs", "deps", "dependencies":
		return place{nil, false}, true // its directories count only with a licence: see Layout
	}
	return place{}, false
}

// filled holds the names of files that programs leave in the directories that they fill.
var filled = set("modules.txt", "autoload.php", ".yarn-integrity", "vendor.json", "vendor.conf", "Manifest.lock")

// licence matches the name of a file with a licence.
var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|unlicense)([.-].*)?$`)

// isInPlace reports whether the path leads through a directory of foreign code, by the directory's name and
// surroundings.
func isInPlace(name string, known map[string]bool) bool {
	for end := 0; ; {
		slash := strings.IndexByte(name[end:], '/')
		if slash < 0 {
			return false
		}
		end += slash
		dir := name[:end]
		if known[dir] {
			return true
		}
		if p, is := placeOf(path.Base(dir)); is && p.root && !strings.Contains(dir, "/") {
			return true
		}
		end++
	}
}
