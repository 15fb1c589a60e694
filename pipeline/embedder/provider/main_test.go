package provider_test

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv/leak"
)

func TestMain(m *testing.M) { leak.VerifyTestMain(m) }
