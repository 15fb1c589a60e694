package sbom

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// AddDebian adds the installed packages that a status file of dpkg lists
// (/var/lib/dpkg/status).
func (b *Bill) AddDebian(status io.Reader) error {
	var of map[string]string
	end := func() {
		if name, version := of["Package"], of["Version"]; name != "" && strings.HasSuffix(of["Status"], " installed") {
			b.Parts = append(b.Parts, Part{
				Name: name, Version: version,
				PURL: "pkg:deb/debian/" + escaped(name) + "@" + escaped(version) + "?arch=" + of["Architecture"],
			})
		}
		of = make(map[string]string)
	}
	end()
	lines := bufio.NewScanner(status)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		key, value, is := strings.Cut(line, ": ")
		switch {
		case line == "":
			end()
		case is && !strings.HasPrefix(line, " "):
			of[key] = value
		}
	}
	end()
	slices.SortFunc(b.Parts, func(p, q Part) int { return strings.Compare(p.PURL, q.PURL) })
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the status of dpkg: %w", err)
	}
	return nil
}
