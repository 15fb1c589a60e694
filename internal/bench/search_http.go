//go:build linux

package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
)

// clients is the number of clients that search at once.
const clients = 16

// AtOnce holds the latency of queries of several clients, each of which asks one after
// another.
type AtOnce struct {
	Clients int       `json:"clients"`
	Service Latencies `json:"service"` // calls of the service
	HTTP    Latencies `json:"http"`    // requests to the HTTP API, over connections that stay open
}

// gateway is the HTTP API over the service. It looks tokens up in the way of a gateway.
type gateway struct {
	*http.Server
	url    string // of the API's host
	token  string
	client *http.Client // keeps its connections open

	serving sync.WaitGroup
}

func (r *run) openGateway(ctx context.Context) (*gateway, error) {
	made, err := r.leat.service.CreateToken(ctx, service.CreateTokenRequest{
		Tenant: events.DefaultTenant, Installation: true, Name: "bench", Scopes: []string{"search"},
	})
	if err != nil {
		return nil, err
	}
	api, err := httpapi.New(httpapi.Config{Rate: 1e9, Burst: 1e9}, r.leat.service, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the HTTP API: %w", err)
	}
	g := &gateway{
		Server: &http.Server{Handler: api, ReadHeaderTimeout: time.Minute}, url: "http://" + listener.Addr().String(), token: made.Secret,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}},
	}
	g.serving.Go(func() { _ = g.Serve(listener) }) // it ends with close
	return g, nil
}

func (g *gateway) close() {
	g.client.CloseIdleConnections()
	g.Close()
	g.serving.Wait()
}

func (g *gateway) search(ctx context.Context, query string) error {
	return ask(ctx, g.client, g.url+"/api/v1/search?query="+url.QueryEscape(query), g.token)
}

// searchAtOnce asks the service and a gateway over it.
func (r *run) searchAtOnce(ctx context.Context, g *gateway, queries []string) (a AtOnce, err error) {
	a.Clients = clients
	if a.Service, err = atOnce(ctx, queries, func(ctx context.Context, query string) error {
		_, err := r.query(ctx, query)
		return err
	}); err != nil {
		return a, err
	}
	a.HTTP, err = atOnce(ctx, queries, g.search)
	return a, err
}

// ask sends a request and reads the whole answer.
func ask(ctx context.Context, client *http.Client, at, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", at, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return fmt.Errorf("read the answer of %s: %w", at, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: status %d", at, answer.StatusCode)
	}
	return nil
}

// atOnce gives each client its share of the queries, and returns the latencies of all.
func atOnce(ctx context.Context, queries []string, ask func(context.Context, string) error) (Latencies, error) {
	took := make([]time.Duration, len(queries))
	asking, ctx := errgroup.WithContext(ctx)
	for c := range clients {
		asking.Go(func() error {
			for i := c; i < len(queries); i += clients {
				began := time.Now()
				if err := ask(ctx, queries[i]); err != nil {
					return err
				}
				took[i] = time.Since(began)
			}
			return nil
		})
	}
	err := asking.Wait()
	return latencies(took), err
}
