package git

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// benchRepo returns a mirror of the repository that LEAT_BENCH_REPO names, or else of a
// generated one of 2,000 files.
func benchRepo(b *testing.B) (repo *Repo, commit, dir string) {
	b.Helper()
	m := newMirrors(b)
	path := os.Getenv("LEAT_BENCH_REPO")
	if path == "" {
		s := newSource(b)
		var stream strings.Builder
		stream.WriteString("commit refs/heads/main\ncommitter a <a@example.com> 1700000000 +0000\ndata 0\n")
		for i := range 2000 {
			content := strings.Repeat(fmt.Sprintf("line %d of a file that is like many\n", i), i%500)
			fmt.Fprintf(&stream, "M 100644 inline d%d/f%d\ndata %d\n%s\n", i%20, i, len(content), content)
		}
		s.git(strings.NewReader(stream.String()), "fast-import", "--quiet")
		path = s.dir
	}
	head := mustFetch(b, m, "r", mustParse(b, m, path), "")
	return m.Open("r"), head.Commit, m.dir("r")
}

func blobIDs(b *testing.B, repo *Repo, commit string) []string {
	b.Helper()
	var oids []string
	for entry, err := range repo.Tree(b.Context(), commit) {
		if err != nil {
			b.Fatal(err)
		}
		if entry.Kind != Submodule {
			oids = append(oids, entry.OID)
		}
	}
	return oids
}

// BenchmarkBlobs reads every file of a commit; BenchmarkFloor is its floor.
func BenchmarkBlobs(b *testing.B) {
	repo, commit, _ := benchRepo(b)
	oids := blobIDs(b, repo, commit)
	b.ReportAllocs()
	for b.Loop() {
		blobs, err := repo.Blobs(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		blobs.Request(oids...)
		var bytes int64
		for range oids {
			blob, err := blobs.Next()
			if err != nil {
				b.Fatal(err)
			}
			n, err := io.Copy(io.Discard, blob)
			if err != nil {
				b.Fatal(err)
			}
			bytes += n
		}
		blobs.Close()
		b.SetBytes(bytes)
	}
	b.ReportMetric(float64(len(oids)), "blobs/op")
}

// BenchmarkFloor measures the time that git alone takes to print the same blobs into a pipe.
func BenchmarkFloor(b *testing.B) {
	repo, commit, dir := benchRepo(b)
	input := strings.Join(blobIDs(b, repo, commit), "\n") + "\n"
	for b.Loop() {
		cmd := exec.Command("git", "--git-dir="+dir, "cat-file", "--batch", "--buffer")
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, bufio.NewReaderSize(out, outputSize))
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}

// BenchmarkSizes asks for the size of every file of a commit.
func BenchmarkSizes(b *testing.B) {
	repo, commit, _ := benchRepo(b)
	oids := blobIDs(b, repo, commit)
	for b.Loop() {
		blobs, err := repo.Blobs(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := blobs.Sizes(oids); err != nil {
			b.Fatal(err)
		}
		blobs.Close()
	}
}

// BenchmarkFetchUnchanged asks a local remote that has nothing new.
func BenchmarkFetchUnchanged(b *testing.B) {
	s, m := newSource(b), newMirrors(b)
	s.commit("main", text("a", "1"))
	remote := s.remote(m)
	mustFetch(b, m, "r", remote, "")
	for b.Loop() {
		mustFetch(b, m, "r", remote, "")
	}
}
