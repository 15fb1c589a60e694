package child

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv/leak"
)

func TestMain(m *testing.M) {
	Main()
	leak.VerifyTestMain(m)
}
