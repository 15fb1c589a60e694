package postgres

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"time"
)

// These binaries are downloaded if the machine has none. zonky's embedded-postgres publishes them on Maven Central, as
// one jar for each platform with a .txz inside.
const (
	downloadMajor   = 17
	downloadVersion = "17.10.0"
	mavenCentral    = "https://repo1.maven.org/maven2"
	mavenGroup      = "io/zonky/test/postgres"
)

// jarSums holds the SHA-256 of each platform's jar. A jar with another sum is refused.
var jarSums = map[string]string{
	"linux-amd64":        "a6c44794a7a258621b8cb98c196bf621cdd705d9fa73c3628166b658c419877a",
	"linux-amd64-alpine": "ec4fc90d59aecf1fe3a22f49cd45605a44b0765e16767972901f5c1d87538439",
	"linux-arm64v8":      "47aa73724470a8bdb5e68e3978c1f07c577ab7a5c23b97b84f99d7e165f4876f",
	"darwin-amd64":       "667a0eea70157656649417777af452148f6c79ae3654b2cd057a37fd701bd9e9",
	"darwin-arm64v8":     "b8c73288326af937b632208110b1d629c404ebef7519f8bcc7fd72404c68a36a",
}

// Bounds of a download, of which some 15 to 30 MB are expected.
const (
	jarLimit      = 64 << 20
	downloadLimit = 10 * time.Minute
	staleAfter    = time.Hour // the age from which on an unfinished download is removed
)

// A download is the binaries of one platform, with the places where to get and to keep them.
type download struct {
	base     string // the repository's address
	cache    string // an absolute path
	platform string
	sum      string // hexadecimal SHA-256 of the jar
	log      *slog.Logger
}

// fetch returns the directory of the downloaded binaries. It downloads them unless an earlier start has done so.
func fetch(ctx context.Context, log *slog.Logger) (string, error) {
	platform := platformName()
	sum, ok := jarSums[platform]
	if !ok {
		return "", fmt.Errorf("this machine has no Postgres of version %d or newer, and none can be downloaded for %s: install one, or name its directory of binaries in %s", minMajor, platform, binVariable)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir, err := download{mavenCentral, cache, platform, sum, log}.ensure(ctx)
	if err != nil {
		return "", fmt.Errorf("this machine has no Postgres of version %d or newer, and the download did not work (install one, or name its directory of binaries in %s): %w", minMajor, binVariable, err)
	}
	return dir, nil
}

// platformName returns the repository's name for this platform.
func platformName() string {
	arch := runtime.GOARCH
	if arch == "arm64" {
		arch = "arm64v8"
	}
	name := runtime.GOOS + "-" + arch
	if musl, _ := filepath.Glob("/lib/ld-musl-*.so.1"); runtime.GOOS == "linux" && len(musl) > 0 {
		name += "-alpine"
	}
	return name
}

// cacheDir returns the directory of the downloads. Root cannot use its own cache, because the server runs as another
// user, who cannot read that.
func cacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/leat", nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for downloads: %w", err)
	}
	return filepath.Join(base, "leat"), nil
}

// ensure returns the directory of the binaries. An existing directory is complete, because it gets its name last.
func (d download) ensure(ctx context.Context) (string, error) {
	home := filepath.Join(d.cache, "postgres-"+downloadVersion+"-"+d.platform)
	bin := filepath.Join(home, "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(d.cache, 0o755); err != nil {
		return "", err
	}
	removeStale(home)
	half, err := os.MkdirTemp(d.cache, filepath.Base(home)+".new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(half)
	if err := d.fill(ctx, half); err != nil {
		return "", err
	}
	if err := os.Chmod(half, 0o755); err != nil { // the server's user must be able to enter
		return "", err
	}
	err = os.Rename(half, home)
	if _, exists := os.Stat(bin); err != nil && exists != nil {
		return "", err
	}
	return bin, nil // our download, or that of somebody who was faster
}

// removeStale removes the files of downloads that were killed.
func removeStale(home string) {
	halves, _ := filepath.Glob(globQuote(home) + ".new-*") // the pattern is well formed
	for _, half := range halves {
		if info, err := os.Stat(half); err == nil && time.Since(info.ModTime()) > staleAfter {
			os.RemoveAll(half)
		}
	}
}

// fill downloads the jar, verifies it, and unpacks the archive in it.
func (d download) fill(ctx context.Context, dir string) error {
	jar, err := os.CreateTemp(dir, "jar-")
	if err != nil {
		return err
	}
	defer jar.Close()
	defer os.Remove(jar.Name())
	size, err := d.get(ctx, jar)
	if err != nil {
		return err
	}
	r, err := zip.NewReader(jar, size)
	if err != nil {
		return fmt.Errorf("open jar: %w", err)
	}
	for _, f := range r.File {
		if path.Ext(f.Name) == ".txz" {
			return unpack(f, dir)
		}
	}
	return errors.New("the jar holds no .txz archive")
}

// get writes the jar to w, and fails unless it has the known checksum.
func (d download) get(ctx context.Context, w io.Writer) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadLimit)
	defer cancel()
	artifact := "embedded-postgres-binaries-" + d.platform
	url := fmt.Sprintf("%s/%s/%s/%s/%[3]s-%[4]s.jar", d.base, mavenGroup, artifact, downloadVersion)
	d.log.Info("this machine has no Postgres: downloading it once", "url", url, "into", d.cache)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("get %s: %s", url, resp.Status)
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, hash), io.LimitReader(resp.Body, jarLimit+1))
	if err != nil {
		return 0, fmt.Errorf("get %s: %w", url, err)
	}
	if n > jarLimit {
		return 0, fmt.Errorf("get %s: more than %d bytes", url, int64(jarLimit))
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != d.sum {
		return 0, fmt.Errorf("get %s: its SHA-256 is %s, not %s", url, got, d.sum)
	}
	return n, nil
}
