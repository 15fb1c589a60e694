package git

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/fault"
)

// TestAnEndlessListingIsCut lets a server list refs for ever, by both of git's
// protocols.
func TestAnEndlessListingIsCut(t *testing.T) {
	if _, err := os.Stat("/proc/self/limits"); err != nil {
		t.Skip("only Linux enforces limits")
	}
	for _, protocol := range []string{"0", "2"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
				listForEver(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			fmt.Fprint(w, line("# service=git-upload-pack\n"), "0000")
			if protocol == "2" {
				fmt.Fprint(w, line("version 2\n"), line("ls-refs\n"), line("fetch=shallow\n"), "0000")
				return
			}
			fmt.Fprint(w, line(strings.Repeat("1", 40)+" HEAD\x00multi_ack\n"))
			listForEver(w, r)
		}))
		m, err := New(Config{Dir: t.TempDir(), AllowHTTP: true, AllowHosts: everywhere, MaxMemory: 64 << 20, IdleTimeout: listingPatience})
		if err != nil {
			t.Fatal(err)
		}
		remote, err := m.Parse(server.URL + "/a.git")
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Fetch(t.Context(), "r", remote, "")
		if kind, _ := fault.Of(err); kind != fault.KindReject || !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "--git-memory-mib") {
			t.Errorf("protocol %s: %v", protocol, err)
		}
		server.CloseClientConnections()
		server.Close()
	}
}

// listingPatience is how long git may list refs. The limit of memory has to end a listing, and
// not this one, even on a busy machine.
const listingPatience = 9 * time.Minute

// listForEver lists refs, many at once, until the client has gone.
func listForEver(w io.Writer, r *http.Request) {
	var many strings.Builder
	for i := 0; r.Context().Err() == nil; {
		many.Reset()
		for range 256 {
			many.WriteString(line(fmt.Sprintf("%040x refs/heads/main%0100d\n", i, i)))
			i++
		}
		if _, err := io.WriteString(w, many.String()); err != nil {
			return
		}
	}
}

// line frames a text as git's protocol does.
func line(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }

// TestLimitsReachEveryProcess asks git itself, and the children of a guarded git, for their
// limits.
func TestLimitsReachEveryProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/limits"); err != nil {
		t.Skip("only Linux enforces limits")
	}
	m, err := New(Config{Dir: t.TempDir(), MaxMemory: 77 << 20, MaxCPU: 33 * time.Second, MaxBytes: 5 << 20})
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.run(t.Context(), command{args: []string{"-c", "alias.limits=!cat /proc/self/limits", "limits"}, guarded: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Max data size": fmt.Sprint(77 << 20), "Max cpu time": "33", "Max file size": fmt.Sprint(5 << 20), "Max core file size": "0"} {
		found := false
		for row := range strings.Lines(string(out)) {
			rest, ok := strings.CutPrefix(row, name)
			found = found || ok && strings.Fields(rest)[0] == want
		}
		if !found {
			t.Errorf("%s is not %s in\n%s", name, want, out)
		}
	}
}
