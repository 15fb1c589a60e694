//go:build linux

package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/internal/webhook"
)

// A submission's trace goes through the ingestor, the embedder and the indexer.
func TestOneTraceSpansTheWorkers(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	d := newDeployment(t)
	running := d.startAll("OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
	silence(running)
	nc := d.connect()
	indexed := listen(t, nc, "leat.repo.indexed.>")
	const trace = "0af7651916cd43dd8448eb211c80319c"
	publish(t, nc, newRepo(t, 3), "traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	msg := next(t, indexed)
	if got := msg.Header["traceparent"]; len(got) != 1 || !strings.HasPrefix(got[0], "00-"+trace+"-") {
		t.Errorf("repo.indexed carries the trace %q", got)
	}
	for _, p := range running {
		p.stop() // it sends the remaining spans at the end
	}
	services := collector.servicesOf(trace)
	for _, name := range []string{"leat-ingestor", "leat-embedder", "leat-indexer"} {
		if len(services[name]) == 0 {
			t.Errorf("the trace has no span of %s: %v", name, services)
		}
	}
	if lines := collector.linesOf(trace); !slices.Contains(lines["leat-ingestor"], "listed") {
		t.Errorf("the trace has the log lines %v, want listed by leat-ingestor among them", lines)
	}
	for name, spans := range services {
		if !strings.HasPrefix(name, "leat-") || len(spans) == 0 {
			t.Errorf("%s sends %v", name, spans)
		}
	}
}

// silence ends the syncer. It may be the first to say that a repository is indexed, and knows no trace of it.
func silence(running map[string]*process) {
	running["syncer"].stop()
	delete(running, "syncer")
}

// The trace of a push is one tree. It begins at the gateway with the signed webhook, and
// each span of each worker hangs from it.
func TestAPushIsOneTreeFromItsWebhook(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	d := newDeployment(t)
	d.env = append(d.env, "LEAT_SECRET_KEY="+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
	repo := newRepo(t, 3)
	running := d.startAll()
	silence(running)
	gateway := d.worker("gateway")
	gateway.ready()
	running["gateway"] = gateway
	hook := d.leat(0, "hook", "create", "forge", "--provider", "generic", "--allow", "file://"+filepath.Dir(repo))
	indexed := listen(t, d.connect(), "leat.repo.indexed.>")

	body := fmt.Sprintf(`{"url":%q}`, repo)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"http://"+gateway.says(`msg=starting .*health=(\S+)`, 1)[1]+fmt.Sprint(hook["path"]), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Leat-Signature", webhook.Sign(fmt.Sprint(hook["secret"]), []byte(body)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the gateway answers %s", resp.Status)
	}
	parent := next(t, indexed).Header["traceparent"]
	if len(parent) != 1 || strings.Count(parent[0], "-") != 3 {
		t.Fatalf("repo.indexed carries the trace %q", parent)
	}
	for _, p := range running {
		p.stop()
	}
	trace := strings.Split(parent[0], "-")[1]
	services := collector.servicesOf(trace)
	for _, name := range []string{"leat-gateway", "leat-ingestor", "leat-embedder", "leat-indexer"} {
		if len(services[name]) == 0 {
			t.Errorf("the trace has no span of %s: %v", name, services)
		}
	}
	if roots, loose := collector.tree(trace); len(roots) != 1 || !strings.HasPrefix(roots[0], "leat-gateway ") || len(loose) > 0 {
		t.Errorf("the trace begins with %v, and %v hang from no span of it", roots, loose)
	}
}

// A missing collector holds up no worker.
func TestLostCollectorHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	d := newDeployment(t)
	running := d.startAll("OTEL_EXPORTER_OTLP_ENDPOINT="+gone.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
	nc := d.connect()
	indexed := listen(t, nc, "leat.repo.indexed.>")
	publish(t, nc, newRepo(t, 3))
	next(t, indexed)
	for _, p := range running {
		p.stop()
	}
}

// collector takes spans as an OpenTelemetry collector does.
type collector struct {
	*httptest.Server

	mu    sync.Mutex
	spans []*tracepb.ResourceSpans
	logs  []*logpb.ResourceLogs
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			zipped, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Errorf("the collector was sent no gzip: %v", err)
				return
			}
			body = zipped
		}
		content, err := io.ReadAll(body)
		if err != nil {
			return // the sender was killed
		}
		switch r.URL.Path {
		case "/v1/metrics": // figures go there, too
			return
		case "/v1/logs":
			var data logpb.LogsData
			if err := proto.Unmarshal(content, &data); err != nil {
				t.Errorf("the collector was sent %d bytes on %s: %v", len(content), r.URL.Path, err)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.logs = append(c.logs, data.ResourceLogs...)
			return
		}
		var data tracepb.TracesData // on the wire the same as the request
		if err := proto.Unmarshal(content, &data); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("the collector was sent %d bytes on %s: %v", len(content), r.URL.Path, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.spans = append(c.spans, data.ResourceSpans...)
	}))
	t.Cleanup(c.Close)
	return c
}

// servicesOf lists the names of a trace's spans by the service that sent them.
func (c *collector) servicesOf(trace string) map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	services := make(map[string][]string)
	for _, r := range c.spans {
		name := serviceOf(r)
		for _, scope := range r.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				if hex.EncodeToString(span.GetTraceId()) == trace {
					services[name] = append(services[name], span.GetName())
				}
			}
		}
	}
	return services
}

// linesOf lists the log lines of a trace by the service that sent them.
func (c *collector) linesOf(trace string) map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	services := make(map[string][]string)
	for _, r := range c.logs {
		name := serviceOf(r)
		for _, scope := range r.GetScopeLogs() {
			for _, line := range scope.GetLogRecords() {
				if hex.EncodeToString(line.GetTraceId()) == trace {
					services[name] = append(services[name], line.GetBody().GetStringValue())
				}
			}
		}
	}
	return services
}

func serviceOf(r interface{ GetResource() *resourcepb.Resource }) string {
	for _, a := range r.GetResource().GetAttributes() {
		if a.GetKey() == "service.name" {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// tree lists a trace's spans without a parent, and those whose parent is not in the trace.
func (c *collector) tree(trace string) (roots, loose []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names, parents := make(map[string]string), make(map[string]string)
	for _, r := range c.spans {
		for _, scope := range r.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				if hex.EncodeToString(span.GetTraceId()) == trace {
					names[string(span.GetSpanId())] = serviceOf(r) + " " + span.GetName()
					parents[string(span.GetSpanId())] = string(span.GetParentSpanId())
				}
			}
		}
	}
	for id, parent := range parents {
		if parent == "" {
			roots = append(roots, names[id])
		} else if names[parent] == "" {
			loose = append(loose, names[id])
		}
	}
	return roots, loose
}
