package reach_test

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/pipeline/git/reach"
)

func TestMain(m *testing.M) {
	reach.Main()
	leak.VerifyTestMain(m)
}
