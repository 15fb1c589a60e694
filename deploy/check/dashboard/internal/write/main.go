// Command write writes the dashboards into a directory.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/leatworks/leat/deploy/check/dashboard"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("write: ")
	files, err := dashboard.Files()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
