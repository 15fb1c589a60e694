package check_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"
)

// source is a module with files of schemas. The tests only read its files and compile nothing of
// it, because kubectl-validate as a program needs 730 packages more than this module has.
type source struct{ module, sum string }

var (
	// kubectl-validate carries what an API server publishes about its own kinds.
	builtins = source{"sigs.k8s.io/kubectl-validate@v0.0.4", "h1:tGKuv0awYHn11Cb6KPsZKxUmHgavF46K3NvVH0Nse9U="}
	operator = source{"github.com/prometheus-operator/prometheus-operator@v0.79.2", "h1:H/HCiMS4dXQyiFHw28PFlWMh15YUraL3MFe8u7k7dGA="}
	keda     = source{"github.com/kedacore/keda/v2@v2.16.0", "h1:0ZoqAeGHORh0B/BOBLDf6fRVvgc5ATeuQCgEm6bNViM="}
)

const release = "1.30"

// definitions lists the places of the definitions of other projects' kinds.
var definitions = map[string]struct {
	source
	file string
}{
	"monitoring.coreos.com/v1 PodMonitor":     {operator, "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"},
	"monitoring.coreos.com/v1 PrometheusRule": {operator, "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"},
	"keda.sh/v1alpha1 ScaledObject":           {keda, "config/crd/bases/keda.sh_scaledobjects.yaml"},
	"keda.sh/v1alpha1 TriggerAuthentication":  {keda, "config/crd/bases/keda.sh_triggerauthentications.yaml"},
}

// Each object of the chart, for each set of values, has the required fields, types, bounds,
// patterns and enumerations of its published schema, and no others. The validator is the one of API
// servers and kubectl-validate.
func TestObjectsMeetTheirSchemas(t *testing.T) {
	for name := range values {
		documents := rendered(t, name)
		for _, file := range slices.Sorted(maps.Keys(documents)) {
			for _, err := range faults(t, documents[file]) {
				t.Errorf("%s: %s: %v", name, file, err)
			}
		}
	}
}

// The check above can fail: each of these lacks or breaks one thing.
func TestWrongObjectsBreakTheirSchemas(t *testing.T) {
	documents := make(map[string]string) // by kind, any of them
	for _, document := range rendered(t, "cluster") {
		var meta struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &meta); err != nil {
			t.Fatal(err)
		}
		documents[meta.Kind] = document
	}
	for _, c := range []struct {
		kind, path string
		value      any // nil: the field is removed
		want       string
	}{
		{"Deployment", "spec.selector", nil, "selector in body is required"},
		{"Deployment", "spec.template.spec.containers", nil, "containers in body is required"},
		{"Deployment", "spec.replicas", "two", "must be of type integer"},
		{"Deployment", "spec.template.spec.nodeSelektor", map[string]any{}, "forbidden property"},
		{"Job", "spec.template", nil, "template in body is required"},
		{"PodDisruptionBudget", "spec.minAvailable", true, "must validate one and only one schema"},
		{"NetworkPolicy", "spec.egress", map[string]any{}, "must be of type array"},
		{"ScaledObject", "spec.scaleTargetRef", nil, "scaleTargetRef in body is required"},
		{"ScaledObject", "spec.minReplicas", 1, "forbidden property"},
		{"PodMonitor", "spec.selector", nil, "selector in body is required"},
		{"PrometheusRule", "spec.groups", []any{map[string]any{"rules": []any{}}}, "name in body is required"},
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(documents[c.kind]), &object); err != nil || object == nil {
			t.Fatalf("%s: %v", c.kind, err)
		}
		place, keys := object, strings.Split(c.path, ".")
		for _, key := range keys[:len(keys)-1] {
			place = place[key].(map[string]any)
		}
		if c.value == nil {
			delete(place, keys[len(keys)-1])
		} else {
			place[keys[len(keys)-1]] = c.value
		}
		broken, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(faults(t, string(broken))...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with another %s: %v, want %q", c.kind, c.path, err, c.want)
		}
	}
}

// faults are the places at which a document differs from the schema of its kind.
func faults(t *testing.T, document string) []error {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(document), &object); err != nil {
		t.Fatal(err)
	}
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	schema, err := schemaOf(t, version, kind)
	if err != nil {
		return []error{err}
	}
	return validate.NewSchemaValidator(schema, nil, kind, strfmt.Default).Validate(object).Errors
}

func schemaOf(t *testing.T, version, kind string) (*spec.Schema, error) {
	t.Helper()
	var all, found map[string]any
	if d, ok := definitions[version+" "+kind]; ok {
		var crd struct {
			Spec struct {
				Versions []struct {
					Name   string
					Schema struct{ OpenAPIV3Schema map[string]any }
				}
			}
		}
		if err := yaml.Unmarshal([]byte(read(t, filepath.Join(d.dir(t), d.file))), &crd); err != nil {
			return nil, err
		}
		for _, v := range crd.Spec.Versions {
			if strings.HasSuffix(version, "/"+v.Name) {
				found = v.Schema.OpenAPIV3Schema
			}
		}
	} else {
		file := filepath.Join(builtins.dir(t), "pkg/openapiclient/builtins", release, "apis", version+".json")
		if !strings.Contains(version, "/") {
			file = filepath.Join(builtins.dir(t), "pkg/openapiclient/builtins", release, "api", version+".json")
		}
		var published struct {
			Components struct{ Schemas map[string]any }
		}
		if err := json.Unmarshal([]byte(read(t, file)), &published); err != nil {
			return nil, err
		}
		all = published.Components.Schemas
		for name, s := range all {
			if strings.HasSuffix(name, "."+kind) && s.(map[string]any)["x-kubernetes-group-version-kind"] != nil {
				found = s.(map[string]any)
			}
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no schema describes a kind %s of %s", kind, version)
	}
	text, err := json.Marshal(closed(found, all))
	if err != nil {
		return nil, err
	}
	schema := new(spec.Schema)
	return schema, json.Unmarshal(text, schema)
}

// closed returns a schema with its references resolved, in which an object with named fields allows
// no others. References of the kinds of a chart are not recursive.
func closed(schema any, all map[string]any) any {
	switch s := schema.(type) {
	case []any:
		out := make([]any, len(s))
		for i := range s {
			out[i] = closed(s[i], all)
		}
		return out
	case map[string]any:
		if ref, ok := s["$ref"].(string); ok {
			return closed(all[strings.TrimPrefix(ref, "#/components/schemas/")], all)
		}
		if parts, ok := s["allOf"].([]any); ok && len(parts) == 1 {
			return closed(parts[0], all)
		}
		out := make(map[string]any, len(s)+1)
		for key, value := range s {
			switch key {
			case "properties":
				fields := make(map[string]any)
				for name, field := range value.(map[string]any) {
					fields[name] = closed(field, all)
				}
				out[key] = fields
			case "items", "additionalProperties", "oneOf", "anyOf", "allOf", "not":
				out[key] = closed(value, all)
			case "default", "example", "description": // a default may be of another type
			case "format":
				if value != "int-or-string" { // its types are in another field, and the validator has its own keyword for it
					out[key] = value
				}
			default:
				out[key] = value
			}
		}
		if s["properties"] != nil && s["type"] == "object" && s["additionalProperties"] == nil && s["x-kubernetes-preserve-unknown-fields"] == nil {
			out["additionalProperties"] = false
		}
		return out
	default:
		return schema
	}
}

var (
	fetching sync.Mutex
	fetched  = make(map[source]string)
)

// dir returns the directory of the module's files in the module cache. It skips the test if they
// cannot be fetched.
func (s source) dir(t *testing.T) string {
	t.Helper()
	fetching.Lock()
	defer fetching.Unlock()
	if dir := fetched[s]; dir != "" {
		return dir
	}
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", s.module)
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if e := json.Unmarshal(out, &module); err != nil || e != nil || module.Error != "" {
		t.Skipf("the chart is not validated against its schemas: %s cannot be fetched: %s", s.module, errors.Join(err, e, errors.New(module.Error)))
	}
	if module.Sum != s.sum {
		t.Fatalf("%s has the checksum %s, want %s", s.module, module.Sum, s.sum)
	}
	fetched[s] = module.Dir
	return module.Dir
}
