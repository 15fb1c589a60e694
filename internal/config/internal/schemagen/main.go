// Command schemagen writes the JSON Schema of the configuration file from the flags of
// the workers. Run it with go generate ./internal/config.
package main

import (
	"log"
	"os"

	"github.com/leatworks/leat/internal/config"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("schemagen: ")
	schema, err := config.Schema()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], schema, 0o644); err != nil {
		log.Fatal(err)
	}
}
