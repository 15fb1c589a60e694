package host_test

import (
	"testing"

	"github.com/leatworks/leat/internal/host"
)

func TestIsLoopback(t *testing.T) {
	for name, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.3.2.1": true, "::1": true,
		"": false, "10.0.0.1": false, "0.0.0.0": false, "::": false, "localhost.example.com": false, "example.com": false,
	} {
		if got := host.IsLoopback(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
