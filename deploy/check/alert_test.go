package check_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Prometheus accepts each alert. Each uses figures that docs/operations.md lists, and has a page
// that names it. The list of runbooks links to that page.
func TestAlerts(t *testing.T) {
	groups, errs := rulefmt.ParseFile("../chart/leat/alerts.yaml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	figures, list := read(t, "../../docs/operations.md"), read(t, "../../docs/runbooks/README.md")
	figure := regexp.MustCompile(`leat_[a-z_]+`)
	pages := make(map[string]bool)
	alerts := 0
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			alerts++
			page := filepath.Base(r.Annotations["runbook_url"])
			pages[page] = true
			if text := read(t, filepath.Join("../../docs/runbooks", page)); !strings.Contains(text, "`"+r.Alert+"`") {
				t.Errorf("%s is not on its page %s", r.Alert, page)
			}
			if !strings.Contains(list, "`"+r.Alert+"`") || !strings.Contains(list, "("+page+")") {
				t.Errorf("docs/runbooks/README.md does not lead to %s", r.Alert)
			}
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s has no severity, summary or description", r.Alert)
			}
			for _, name := range figure.FindAllString(r.Expr, -1) {
				if !strings.Contains(figures, "`"+strings.TrimSuffix(name, "_bucket")+"`") {
					t.Errorf("%s is on %s, which docs/operations.md does not list", r.Alert, name)
				}
			}
		}
	}
	if alerts < 10 {
		t.Errorf("only %d alerts", alerts)
	}
	files, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := filepath.Base(file); name != "README.md" && !strings.Contains(list, "("+name+")") {
			t.Errorf("%s is in no list", name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
