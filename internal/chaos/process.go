//go:build linux

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// descendants lists the processes that name something in dir among their
// arguments or work inside it, except this one.
func descendants(dir string) []string {
	var found []string
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		arguments, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		cwd, _ := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		line := strings.TrimSpace(strings.ReplaceAll(string(arguments), "\x00", " "))
		if strings.HasPrefix(cwd+"/", dir+"/") || strings.Contains(line, dir+"/") {
			found = append(found, fmt.Sprintf("%d %.120s", pid, line))
		}
	}
	return found
}
