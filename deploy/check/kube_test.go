package check_test

import (
	"maps"
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// kubernetes are the types of Kubernetes' own objects, by apiVersion and kind.
var kubernetes = map[string]func() any{
	"apps/v1 Deployment":                     func() any { return new(apps.Deployment) },
	"autoscaling/v2 HorizontalPodAutoscaler": func() any { return new(autoscaling.HorizontalPodAutoscaler) },
	"batch/v1 Job":                           func() any { return new(batch.Job) },
	"networking.k8s.io/v1 Ingress":           func() any { return new(networking.Ingress) },
	"networking.k8s.io/v1 NetworkPolicy":     func() any { return new(networking.NetworkPolicy) },
	"policy/v1 PodDisruptionBudget":          func() any { return new(policy.PodDisruptionBudget) },
	"v1 ConfigMap":                           func() any { return new(core.ConfigMap) },
	"v1 Service":                             func() any { return new(core.Service) },
	"v1 ServiceAccount":                      func() any { return new(core.ServiceAccount) },
}

// foreign are the kinds of other projects. Their Go types are not available here, but their schemas
// are (TestObjectsMeetTheirSchemas).
var foreign = []string{"PodMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication"}

// For each field that the chart writes, with each set of values, Kubernetes has one of the same
// type. The types are from a newer release than the schemas in schema_test.go.
func TestKubernetesKnowsEachFieldOfTheChart(t *testing.T) {
	for name := range values {
		documents := rendered(t, name)
		for _, file := range slices.Sorted(maps.Keys(documents)) {
			var meta struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal([]byte(documents[file]), &meta); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if slices.Contains(foreign, meta.Kind) {
				continue
			}
			object := kubernetes[meta.APIVersion+" "+meta.Kind]
			if object == nil {
				t.Errorf("%s: %s: a kind %s of %s is not known", name, file, meta.Kind, meta.APIVersion)
				continue
			}
			if err := yaml.UnmarshalStrict([]byte(documents[file]), object()); err != nil {
				t.Errorf("%s: %s: %v", name, file, err)
			}
		}
	}
	const wrong = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, tragetPort: 81}]}\n"
	if yaml.UnmarshalStrict([]byte(wrong), new(core.Service)) == nil {
		t.Error("a field that Kubernetes does not have passes")
	}
}
