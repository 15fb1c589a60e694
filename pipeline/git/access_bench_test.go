package git

import (
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkFetchThroughTheGate lists refs, and fetches 32 MiB that do not compress, by
// HTTP with and without the gate in between.
func BenchmarkFetchThroughTheGate(b *testing.B) {
	s := newSource(b)
	s.commit("main", text("a", randomText(32<<20)))
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{
		Path: strings.TrimSpace(string(out)) + "/git-http-backend",
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(s.dir), "GIT_HTTP_EXPORT_ALL=1"},
	})
	b.Cleanup(server.Close)
	m := newMirrors(b, func(cfg *Config) { cfg.AllowHTTP = true })
	remote := mustParse(b, m, server.URL+"/source.git")
	way := map[string]func() access{
		"gate": func() access {
			a, err := m.access(b.Context(), remote)
			if err != nil {
				b.Fatal(err)
			}
			return a
		},
		"direct": func() access { return access{protocol: "http"} },
	}
	for name, open := range way {
		b.Run("list/"+name, func(b *testing.B) {
			for b.Loop() {
				a := open()
				if _, err := m.resolve(b.Context(), remote, a, ""); err != nil {
					b.Fatal(err)
				}
				a.close()
			}
		})
		b.Run("fetch/"+name, func(b *testing.B) {
			b.SetBytes(32 << 20)
			for b.Loop() {
				a := open()
				tip, err := m.resolve(b.Context(), remote, a, "")
				if err == nil {
					_, err = m.bring(b.Context(), "r", remote, a, tip)
				}
				a.close()
				if err == nil {
					err = m.Remove(b.Context(), "r")
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
