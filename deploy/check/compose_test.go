package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose reads the compose file in the way of Docker, by its schema, with the secrets of
// deploy/env.example.
func compose(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	var environment []string
	for line := range strings.Lines(read(t, "../env.example")) {
		if name, _, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(name, "#") {
			environment = append(environment, name+"=secret")
		}
	}
	options, err := cli.NewProjectOptions([]string{"../compose.yaml"}, cli.WithEnv(environment), cli.WithProfiles(profiles), cli.WithName("leat"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeFile(t *testing.T) {
	workers := []string{"embedder", "gateway", "indexer", "ingestor", "syncer"}
	small := append(slices.Clone(workers), "minio", "nats", "postgres", "qdrant")
	slices.Sort(small)
	if got := names(compose(t)); !slices.Equal(got, small) {
		t.Errorf("without profiles it runs %v, want %v", got, small)
	}
	project := compose(t, "monitoring")
	if got := names(project); len(got) != len(small)+2 {
		t.Errorf("with monitoring it runs %v", got)
	}
	for name, s := range project.Services {
		if s.HealthCheck == nil {
			t.Errorf("%s has no health check", name)
		}
		if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 {
			t.Errorf("%s has no limit of memory", name)
		}
		if s.Build == nil && (!strings.Contains(s.Image, ":") || strings.HasSuffix(s.Image, ":latest")) {
			t.Errorf("%s runs %s, which is no release", name, s.Image)
		}
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s is open to other machines at port %s", name, p.Published)
			}
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s mounts %s: %v", name, filepath.Base(v.Source), err)
			}
		}
		if slices.Contains(workers, name) {
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || s.StopGracePeriod == nil {
				t.Errorf("%s is not confined, or has no time to end", name)
			}
		}
	}
}

func names(p *types.Project) []string {
	list := p.ServiceNames()
	slices.Sort(list)
	return list
}
