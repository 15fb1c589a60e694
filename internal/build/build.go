// Package build tells which leat a program is: the module's version, the commit
// and the Go release that it was built with. The facts come from the binary
// itself, so no build script has to pass them in.
package build

import (
	"runtime/debug"
	"strings"
)

// commitDigits are enough of a commit's hash to find it.
const commitDigits = 12

// String describes this binary in one line, for example
//
//	v1.2.0 (commit 02c87e8d1f3a, modified, go1.26.8)
//
// The version is "(devel)" for a build without a module version. The commit is missing if the build
// did not see the repository.
func String() string {
	info, found := debug.ReadBuildInfo()
	if !found {
		return "unknown"
	}
	return describe(info)
}

// Version is the module's version alone, or "(devel)" for a build without one.
func Version() string {
	if info, found := debug.ReadBuildInfo(); found && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func describe(info *debug.BuildInfo) string {
	settings := make(map[string]string, len(info.Settings))
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	var facts []string
	if commit := settings["vcs.revision"]; commit != "" {
		facts = append(facts, "commit "+commit[:min(len(commit), commitDigits)])
	}
	if settings["vcs.modified"] == "true" {
		facts = append(facts, "modified")
	}
	facts = append(facts, info.GoVersion)
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	return version + " (" + strings.Join(facts, ", ") + ")"
}
