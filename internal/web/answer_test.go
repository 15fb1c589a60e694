package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A request whose time is over still gets an answer.
func TestAPageThatTookTooLongIsAnswered(t *testing.T) {
	p, err := New(Config{CSRF: func(*http.Request) string { return "" }}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	w := httptest.NewRecorder()
	p.Refuse(w, httptest.NewRequestWithContext(over, http.MethodGet, "/pipeline", nil), Failure{Status: http.StatusGatewayTimeout, Detail: "it took too long"})
	if w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), "it took too long") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
