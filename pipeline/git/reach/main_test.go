package reach_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/leatworks/leat/pipeline/git/reach"
)

func TestMain(m *testing.M) {
	reach.Main()
	goleak.VerifyTestMain(m)
}
