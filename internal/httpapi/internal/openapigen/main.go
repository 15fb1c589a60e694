// Command openapigen writes the description of the HTTP API to the file that it is
// given.
package main

import (
	"fmt"
	"os"

	"github.com/leatworks/leat/internal/httpapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: openapigen FILE")
		os.Exit(2)
	}
	spec, err := httpapi.Describe()
	if err == nil {
		err = os.WriteFile(os.Args[1], spec, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapigen:", err)
		os.Exit(1)
	}
}
