// Command schemagen writes the JSON Schema of each event's data into
// events/schema, from the Go types and their comments. Run it with go generate
// ./events; its test fails if the files differ from its output.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("schemagen: ")
	if err := run("."); err != nil {
		log.Fatal(err)
	}
}

// run writes the schemas of the package whose directory is events.
func run(events string) error {
	files, err := generate(filepath.Join(events, "data.go"))
	if err != nil {
		return err
	}
	dir := filepath.Join(events, "schema")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
	}
	return nil
}
