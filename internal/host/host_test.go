package host_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/leatworks/leat/internal/host"
)

func TestCertificateEnd(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	end, secure, err := host.CertificateEnd(t.Context(), server.URL)
	if err != nil || !secure || !end.Equal(server.Certificate().NotAfter) {
		t.Errorf("%s, %v, %v; want %s", end, secure, err, server.Certificate().NotAfter)
	}
	if _, secure, err := host.CertificateEnd(t.Context(), "http://127.0.0.1:1"); secure || err != nil {
		t.Errorf("http is secure: %v, %v", secure, err)
	}
	if _, secure, err := host.CertificateEnd(t.Context(), "https://127.0.0.1:1"); !secure || err == nil {
		t.Errorf("nobody answers, and there is a certificate: %v", secure)
	}
}

func TestDisk(t *testing.T) {
	used, free, ok := host.Disk(t.TempDir())
	if runtime.GOOS == "linux" && (!ok || used < 0 || used > 1 || free < 0) {
		t.Errorf("%v used, %d bytes free, %v", used, free, ok)
	}
	if _, _, ok := host.Disk(filepath.Join(t.TempDir(), "nosuch")); ok {
		t.Error("a directory that is not there has a disk")
	}
}

func TestMemoryLimit(t *testing.T) {
	before := host.MemoryLimit()
	old := debug.SetMemoryLimit(123 << 20)
	defer debug.SetMemoryLimit(old)
	if got := host.MemoryLimit(); before == 0 && got != 123<<20 {
		t.Errorf("%d bytes, want those of GOMEMLIMIT", got)
	}
}
