package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// BuildKit reads the Dockerfile without a complaint. The image does not run as root.
func TestDockerfile(t *testing.T) {
	file, err := parser.Parse(strings.NewReader(read(t, "../Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range file.Warnings {
		t.Errorf("%s %v", w.Short, w.Detail)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, description, url, message string, at []parser.Range) {
		t.Errorf("%s: %s", rule, message)
	}})
	stages, _, err := instructions.Parse(file.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages", len(stages))
	}
	last := stages[1].Commands
	user := slices.IndexFunc(last, func(c instructions.Command) bool { return c.Name() == "USER" })
	if user < 0 || last[user].(*instructions.UserCommand).User != "10001:10001" {
		t.Error("it runs as root")
	}
	for _, stage := range stages {
		if !strings.Contains(stage.BaseName, ":") {
			t.Errorf("stage %s is built on %s, which is no release", stage.Name, stage.BaseName)
		}
	}
}
