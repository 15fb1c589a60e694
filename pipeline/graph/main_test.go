package graph_test

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
