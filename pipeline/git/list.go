package git

import (
	"fmt"
	"os"
	"strings"
)

// List returns the ids of all mirrors, in order.
func (m *Mirrors) List() ([]string, error) {
	entries, err := os.ReadDir(m.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("list mirrors: %w", err)
	}
	var ids []string
	for _, entry := range entries {
		if id, is := strings.CutSuffix(entry.Name(), ".git"); is && entry.IsDir() && idPattern.MatchString(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Names lists the full names that ref may stand for, the likeliest first. An empty ref
// stands for HEAD.
func Names(ref string) []string { return candidates(ref) }
