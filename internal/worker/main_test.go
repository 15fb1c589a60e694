package worker_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/leatworks/leat/internal/testenv"
)

func TestMain(m *testing.M) {
	if server := os.Getenv(floodVariable); server != "" {
		if err := flood(server); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testenv.Main(m)
}
