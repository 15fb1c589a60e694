package build

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	for name, test := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"a release": {
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.0"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "02c87e8d1f3a4b5c6d7e8f90a1b2c3d4e5f60718"}, {Key: "vcs.modified", Value: "false"},
			}},
			"v1.2.0 (commit 02c87e8d1f3a, go1.26.8)",
		},
		"a changed checkout": {
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "02c87e8"}, {Key: "vcs.modified", Value: "true"},
			}},
			"(devel) (commit 02c87e8, modified, go1.26.8)",
		},
		"no repository": {debug.BuildInfo{GoVersion: "go1.26.8"}, "(devel) (go1.26.8)"},
	} {
		if got := describe(&test.info); got != test.want {
			t.Errorf("%s is described as %q, want %q", name, got, test.want)
		}
	}
	if got := String(); !strings.Contains(got, runtime.Version()) {
		t.Errorf("this binary is described as %q, without %s", got, runtime.Version())
	}
}
