package check_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/leatworks/leat/deploy/check/dashboard"
)

// The code makes the committed dashboards. Each query is valid, and asks for figures that
// docs/operations.md lists.
func TestDashboards(t *testing.T) {
	files, err := dashboard.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if got := read(t, filepath.Join("../monitoring/dashboards", name)); got != string(text) {
			t.Errorf("%s is not that of the code: run 'make generate-deploy'", name)
		}
	}
	figures := read(t, "../../docs/operations.md")
	figure, summary := regexp.MustCompile(`leat_[a-z_]+`), regexp.MustCompile(`_(bucket|sum|count)$`)
	queries := parser.NewParser(parser.Options{})
	for _, q := range dashboard.Queries() {
		if _, err := queries.ParseExpr(strings.ReplaceAll(q, "$__rate_interval", "5m")); err != nil {
			t.Errorf("%s: %v", q, err)
		}
		for _, name := range figure.FindAllString(q, -1) {
			if !strings.Contains(figures, "`"+summary.ReplaceAllString(name, "")+"`") {
				t.Errorf("%s is of %s, which docs/operations.md does not list", q, name)
			}
		}
	}
}
