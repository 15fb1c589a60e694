//go:build linux

package e2e_test

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A submission's trace goes through the ingestor, the embedder and the indexer.
func TestOneTraceSpansTheWorkers(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	d := newDeployment(t)
	running := d.startAll("OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
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
	for name, spans := range services {
		if !strings.HasPrefix(name, "leat-") || len(spans) == 0 {
			t.Errorf("%s sends %v", name, spans)
		}
	}
}

// A missing collector stops no worker.
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
		if r.URL.Path == "/v1/metrics" { // figures go there, too
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
		name := ""
		for _, a := range r.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				name = a.GetValue().GetStringValue()
			}
		}
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
