package graph

import (
	"slices"
	"testing"
)

func TestWhatFilesDeclareForOtherRepositories(t *testing.T) {
	var l Layout
	for name, text := range map[string]string{
		"go.mod":                 "module example.org/mill // old\n",
		"web/package.json":       `{"name": "@mill/web", "main": "index.js"}`,
		"py/pyproject.toml":      "[build-system]\nname = \"no\"\n[project]\nname = \"Mill-Stone.tools\" # it grinds\n",
		"poetry/pyproject.toml":  "[tool.poetry]\nname = 'wheel'\n[tool.poetry.group]\nname = 'no'\n",
		"cfg/setup.cfg":          "[metadata]\nname = sluice\n",
		"rust/Cargo.toml":        "[package]\nname = \"mill-race\"\n",
		"work/Cargo.toml":        "[workspace]\nmembers = []\n",
		"java/pom.xml":           "<project><parent><groupId>org.mill</groupId></parent><artifactId>a</artifactId></project>",
		"own/pom.xml":            "<project><groupId>org.mill.own</groupId><dependencies><dependency><groupId>org.no</groupId></dependency></dependencies></project>",
		"short/pom.xml":          "<project><groupId>mill</groupId></project>",
		"broken/pom.xml":         "<project><groupId>",
		"gradle/build.gradle":    "plugins { }\ngroup = 'org.mill.gradle'\n",
		"kts/build.gradle.kts":   "group = \"org.mill.kts\"\n",
		"broken/pyproject.toml":  "[[[",
		"nothing/pyproject.toml": "",
	} {
		l.add(name, []byte(text))
	}
	l.sort()
	want := []string{"@mill/web", "example.org/mill", "mill_race", "mill_stone_tools", "org.mill", "org.mill.gradle", "org.mill.kts", "org.mill.own", "sluice", "wheel"}
	if got := l.modules(); !slices.Equal(got, want) {
		t.Errorf("declared %q, want %q", got, want)
	}
	for _, test := range []struct{ family, module, want string }{
		{"Go", "example.org/mill", "example.org/mill"}, {"Go", "example.org/mill/wheel", "example.org/mill"}, {"Go", "example.org/mills", ""},
		{"JavaScript", "@mill/web/parts", "@mill/web"}, {"Python", "example.org/mill", ""}, {"Python", "wheel.spoke", "wheel"},
		{"Java", "org.mill.own.x", "org.mill.own"}, {"Java", "org.mills", ""}, {"Rust", "mill_race.gate", "mill_race"},
	} {
		if got := l.declares(test.family, test.module); got != test.want {
			t.Errorf("%s module %s is of %q, want %q", test.family, test.module, got, test.want)
		}
		if test.want != "" && !slices.Contains(ModuleNames(test.module), test.want) {
			t.Errorf("%s is not looked up under %s: %q", test.module, test.want, ModuleNames(test.module))
		}
	}
	for _, own := range []string{"", ".", "./gate", "..gate", "#", "/gate"} {
		if names := ModuleNames(own); names != nil {
			t.Errorf("%q is looked up as %q", own, names)
		}
	}
}
