package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLargeFilesAreLeftAtTheirSource fetches a repository with a file whose delta
// needs more memory than git may take, and follows it.
func TestLargeFilesAreLeftAtTheirSource(t *testing.T) {
	if _, err := os.Stat("/proc/self/limits"); err != nil {
		t.Skip("only Linux enforces limits")
	}
	s, large := newSource(t), strings.Repeat("\x00", largeBlob+1<<20)
	put := func(content string) {
		s.commit("main", text("one.bin", large), text("small.txt", content), text("two.bin", large+"2"))
	}
	m := newMirrors(t, func(cfg *Config) { cfg.MaxMemory = 64 << 20 })
	for i, content := range []string{"the wheel\n", "the wheel turns\n", "the wheel stands\n"} {
		put(content)
		if i == 0 {
			s.git(nil, "-c", "core.bigFileThreshold=1g", "repack", "-a", "-d", "-f", "-q")
		}
		head := mustFetch(t, m, "r", s.remote(m), "")
		repo := m.Open("r")
		var oids, paths []string
		for entry, err := range repo.Tree(t.Context(), head.Commit) {
			if err != nil {
				t.Fatal(err)
			}
			oids, paths = append(oids, entry.OID), append(paths, string(entry.Path))
		}
		blobs, err := repo.Blobs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes, err := blobs.Sizes(oids)
		if err != nil || len(sizes) != 3 || sizes[0] != TooBig || sizes[1] != int64(len(content)) || sizes[2] != TooBig {
			t.Errorf("sizes of %q: %v, %v", paths, sizes, err)
		}
		blobs.Close()
		if got, found, err := repo.File(t.Context(), head.Commit, "small.txt", 100); err != nil || !found || string(got) != content {
			t.Errorf("small.txt: %q, %t, %v", got, found, err)
		}
		if config := readFile(t, filepath.Join(m.dir("r"), "config")); strings.Contains(config, "promisor") || strings.Contains(config, "partial") {
			t.Errorf("git may ask for missing objects: %s", config)
		}
	}
}
