package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/chunk"
)

// quarry is a repository that others import, in several languages.
func quarry() testpipe.Tree {
	return testpipe.Text(
		"go.mod", "module example.org/quarry\n",
		"stone/s.go", "package stone\n\ntype Stone struct{}\n\nfunc Cut() *Stone { return &Stone{} }\n\nfunc (s *Stone) Turn() int { return hidden() }\n\nfunc hidden() int { return 1 }\n",
		"pyproject.toml", "[project]\nname = \"quarry-tools\"\n",
		"quarry_tools/__init__.py", "from .dig import Digger\n",
		"quarry_tools/dig.py", "class Digger:\n    def dig(self):\n        return 1\n\ndef helper():\n    return Digger()\n",
		"package.json", `{"name": "@quarry/web", "source": "src/index.ts"}`,
		"src/index.ts", "export class Gate { open(): number { return 1 } }\nexport function makeGate(): Gate { return new Gate() }\n",
		"Cargo.toml", "[package]\nname = \"quarry-rs\"\n",
		"src/lib.rs", "pub fn blast() -> i32 { 1 }\n",
		"pom.xml", "<project><groupId>org.quarry</groupId><artifactId>q</artifactId></project>",
		"src/main/java/org/quarry/Crane.java", "package org.quarry;\n\npublic class Crane {\n  public static int lift() { return 1; }\n}\n",
	)
}

// house imports the quarry. Its own definitions with the same names are not the quarry's.
func house() testpipe.Tree {
	return testpipe.Text(
		"go.mod", "module example.org/house\n\nrequire example.org/quarry v1.0.0\n",
		"main.go", "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.org/quarry/stone\"\n)\n\nfunc main() {\n\ts := stone.Cut()\n\tfmt.Println(s.Turn(), Turn())\n}\n\nfunc Turn() int { return 2 }\n",
		"app/a.py", "from quarry_tools import Digger\nfrom quarry_tools.dig import helper\nfrom .local import Digger as Own\n\ndef run():\n    Digger().dig()\n    helper()\n    Own()\n",
		"app/local.py", "class Digger:\n    pass\n",
		"web/w.ts", "import { makeGate } from '@quarry/web'\n\nexport function go() { return makeGate().open() }\n",
		"src/main.rs", "use quarry_rs::blast;\n\nfn main() { blast(); }\n",
		"src/main/java/org/house/House.java", "package org.house;\n\nimport org.quarry.Crane;\n\npublic class House {\n  int build() { return Crane.lift(); }\n}\n",
	)
}

type acrossed struct {
	mill
	quarry, house *testpipe.Repo
}

func (m acrossed) uses(t *testing.T, r service.UsesRequest) (list []string) {
	t.Helper()
	r.Across = true
	for {
		a, err := m.Uses(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range a.Uses {
			where := "elsewhere"
			switch u.Elsewhere.URL {
			case m.quarry.Dir:
				where = "quarry"
			case m.house.Dir:
				where = "house"
			}
			list = append(list, fmt.Sprintf("%s: %s %s %s %d by %s %.2f", where, u.From.ID, u.Role, u.To.ID, u.Lines, u.Strategy, u.Confidence))
			if u.Elsewhere.Commit == "" || u.Elsewhere.Underway {
				t.Errorf("the place of the other end: %+v", u.Elsewhere)
			}
		}
		if r.After = a.Next; r.After == "" {
			return list
		}
	}
}

func TestReferencesBetweenRepositories(t *testing.T) {
	for _, order := range []string{"quarry first", "house first"} {
		t.Run(order, func(t *testing.T) {
			m := acrossed{open(t), testpipe.NewRepo(t), testpipe.NewRepo(t)}
			puts := []func(){
				func() { m.put(t, "acme", m.quarry, "refs/heads/main", quarry()) },
				func() { m.put(t, "acme", m.house, "refs/heads/main", house()) },
			}
			if order == "house first" {
				slices.Reverse(puts)
			}
			for _, put := range puts {
				put()
				m.graphs(t)
			}
			in := func(symbol string) service.UsesRequest {
				return service.UsesRequest{GraphRequest: service.GraphRequest{Tenant: "acme", Repository: m.quarry.Dir, Symbol: symbol}}
			}
			out := service.UsesRequest{GraphRequest: service.GraphRequest{Tenant: "acme", Repository: m.house.Dir, Symbol: "main.go#main"}, Outward: true, Limit: 1}
			const q, h = "quarry", "house"
			const turns = q + ": main.go#main call stone/s.go#Stone.Turn [11] by module 0.85"
			if got := m.uses(t, out); !slices.Equal(got, []string{q + ": main.go#main call stone/s.go#Cut [10] by module 0.85", turns}) {
				t.Errorf("out of main: %q", got)
			}
			if got := m.uses(t, in("Stone.Turn")); !slices.Equal(got, []string{h + turns[len(q):]}) {
				t.Errorf("into Turn: %q", got)
			}
			if got := m.uses(t, in("hidden")); len(got) != 0 {
				t.Errorf("into what nobody imports: %q", got)
			}
			if chunk.Trees {
				for symbol, want := range map[string][]string{
					"quarry_tools/dig.py#Digger":     {h + ": app/a.py# import quarry_tools/dig.py#Digger [1] by module 0.85", h + ": app/a.py#run call quarry_tools/dig.py#Digger [6] by module 0.85"},
					"quarry_tools/dig.py#Digger.dig": {h + ": app/a.py#run call quarry_tools/dig.py#Digger.dig [6] by module 0.85"},
					"src/index.ts#Gate.open":         {h + ": web/w.ts#go call src/index.ts#Gate.open [3] by module 0.85"},
					"src/index.ts#makeGate":          {h + ": web/w.ts# import src/index.ts#makeGate [1] by module 0.85", h + ": web/w.ts#go call src/index.ts#makeGate [3] by module 0.85"},
					"src/lib.rs#blast":               {h + ": src/main.rs# import src/lib.rs#blast [1] by module 0.85", h + ": src/main.rs#main call src/lib.rs#blast [3] by module 0.85"},
					"Crane.lift":                     {h + ": src/main/java/org/house/House.java#House.build call src/main/java/org/quarry/Crane.java#Crane.lift [6] by module 0.85"},
				} {
					if got := m.uses(t, in(symbol)); !slices.Equal(got, want) {
						t.Errorf("into %s: %q, want %q", symbol, got, want)
					}
				}
			}
			within, err := m.Uses(t.Context(), service.UsesRequest{GraphRequest: in("Stone.Turn").GraphRequest})
			if err != nil || len(within.Uses) != 0 {
				t.Errorf("inside the repository: %+v, %v", within, err)
			}

			// Neither another tenant nor a token that reaches only one repository sees the
			// references.
			m.put(t, "other", m.house, "refs/heads/main", house())
			m.put(t, "other", testpipe.NewRepo(t), "refs/heads/main", testpipe.Text("a.go", "package a\n"))
			m.graphs(t)
			foreign := out
			foreign.Tenant = "other"
			if got := m.uses(t, foreign); len(got) != 0 {
				t.Errorf("of another tenant: %q", got)
			}
			reach := out
			reach.Reach = []string{m.house.Dir}
			if got := m.uses(t, reach); len(got) != 0 {
				t.Errorf("beyond the reach: %q", got)
			}
			bad := in("Stone.Turn")
			bad.Across, bad.After = true, "x"
			if _, err := m.Uses(t.Context(), bad); !errors.Is(err, service.Invalid) {
				t.Errorf("a cursor that is none: %v", err)
			}

			// A fork declares the same module: both are candidates.
			fork := testpipe.NewRepo(t)
			m.put(t, "acme", fork, "refs/heads/main", quarry())
			m.graphs(t)
			if got := m.uses(t, in("Stone.Turn")); len(got) != 1 || got[0] != h+": main.go#main call stone/s.go#Stone.Turn [11] by module 0.42" {
				t.Errorf("with a fork: %q", got)
			}
			for _, gone := range []*testpipe.Repo{fork, m.quarry} {
				if _, err := m.Forget(t.Context(), service.ForgetRequest{Tenant: "acme", Repository: gone.Dir, Confirmed: true}); err != nil {
					t.Fatal(err)
				}
			}
			if got := m.uses(t, out); len(got) != 0 {
				t.Errorf("after the quarry was forgotten: %q", got)
			}
		})
	}
}
