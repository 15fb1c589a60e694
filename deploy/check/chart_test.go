package check_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"sigs.k8s.io/yaml"
)

const chart = "../chart/leat"

// values are the sets of values with which the chart is tested, and the kinds that it makes of
// each.
var values = map[string]map[string]int{
	"minimal": {"ConfigMap": 2, "Deployment": 5, "Job": 1, "Service": 1, "ServiceAccount": 1},
	"team": {
		"ConfigMap": 2, "Deployment": 5, "HorizontalPodAutoscaler": 1, "Ingress": 1, "Job": 1, "NetworkPolicy": 6, "PodDisruptionBudget": 5,
		"PodMonitor": 1, "PrometheusRule": 1, "Service": 1, "ServiceAccount": 1,
	},
	"cluster": {
		"ConfigMap": 2, "Deployment": 5, "Ingress": 1, "Job": 1, "NetworkPolicy": 6, "PodDisruptionBudget": 5, "PodMonitor": 1,
		"PrometheusRule": 1, "ScaledObject": 3, "Service": 1, "ServiceAccount": 1, "TriggerAuthentication": 1,
	},
}

func TestChartIsWellFormed(t *testing.T) {
	for name := range values {
		for _, m := range lint.All(chart, valuesOf(t, name), "leat", true).Messages {
			if m.Severity > support.InfoSev {
				t.Errorf("%s: %s", name, m)
			}
		}
	}
}

// update writes the goldens again.
var update = flag.Bool("update", false, "write testdata anew")

func TestChartMakesWhatIsCheckedIn(t *testing.T) {
	for name, want := range values {
		t.Run(name, func(t *testing.T) {
			documents := rendered(t, name)
			kinds := make(map[string]int)
			var all strings.Builder
			for _, file := range slices.Sorted(maps.Keys(documents)) {
				var meta struct{ Kind string }
				if err := yaml.Unmarshal([]byte(documents[file]), &meta); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				kinds[meta.Kind]++
				fmt.Fprintf(&all, "---\n%s\n", strings.TrimSpace(documents[file]))
			}
			if !maps.Equal(kinds, want) {
				t.Errorf("it makes %v, want %v", kinds, want)
			}
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if read(t, golden) != all.String() {
				t.Errorf("it does not make %s: run 'go test . -run Chart -update' in deploy/check, and look at the difference", golden)
			}
		})
	}
}

// Each pod runs as an unprivileged user on a read-only file system. It has more time to end than
// its work has to drain.
func TestPodsAreConfined(t *testing.T) {
	for file, document := range rendered(t, "cluster") {
		if !strings.Contains(document, "kind: Deployment") && !strings.Contains(document, "kind: Job") {
			continue
		}
		for _, want := range []string{"runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]", "type: RuntimeDefault", "automountServiceAccountToken: false"} {
			if !strings.Contains(document, want) {
				t.Errorf("%s lacks %q", file, want)
			}
		}
		if strings.Contains(document, "kind: Deployment") && !strings.Contains(document, "terminationGracePeriodSeconds: 120") {
			t.Errorf("%s: its end is not that of the values", file)
		}
	}
}

// A secret in the values is refused, because it would get into a ConfigMap. A misspelt value is
// refused, because it would have no effect.
func TestWrongValuesAreRefused(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"a secret":         func(v map[string]any) { v["config"].(map[string]any)["s3-secret-key"] = "hunter2" },
		"a database":       func(v map[string]any) { v["config"].(map[string]any)["postgres-url"] = "postgres://u:p@h/d" },
		"no store":         func(v map[string]any) { v["config"].(map[string]any)["nats-url"] = nil },
		"a misspelt value": func(v map[string]any) { v["ingestorr"] = map[string]any{} },
		"no number":        func(v map[string]any) { v["gateway"].(map[string]any)["replicas"] = "two" },
		"no scaler":        func(v map[string]any) { v["autoscaling"] = map[string]any{"kind": "magic"} },
	} {
		v := valuesOf(t, "minimal")
		change(v)
		if _, err := render(v); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func valuesOf(t *testing.T, name string) map[string]any {
	t.Helper()
	v, err := chartutil.ReadValuesFile(filepath.Join(chart, "ci", name+"-values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// rendered returns the documents that the chart makes, by file and number.
func rendered(t *testing.T, name string) map[string]string {
	t.Helper()
	files, err := render(valuesOf(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	documents := make(map[string]string)
	for file, text := range files {
		if filepath.Ext(file) != ".yaml" {
			continue
		}
		for i, document := range strings.Split("\n"+text, "\n---") {
			var content map[string]any
			if err := yaml.Unmarshal([]byte(document), &content); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, document)
			}
			if len(content) > 0 {
				documents[fmt.Sprintf("%s#%d", file, i)] = document
			}
		}
	}
	return documents
}

func render(v map[string]any) (map[string]string, error) {
	c, err := loader.Load(chart)
	if err != nil {
		return nil, err
	}
	all, err := chartutil.ToRenderValues(c, v, chartutil.ReleaseOptions{Name: "mill", Namespace: "leat", IsInstall: true, Revision: 1}, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := os.Stat(chart); err != nil {
		fmt.Fprintln(os.Stderr, "run the tests in deploy/check:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
