// Command sbom writes the bill of materials of built binaries, as CycloneDX JSON.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/leatworks/leat/internal/sbom"
)

func main() {
	bin := flag.String("bin", "bin", "directory of the binaries")
	sums := flag.String("sums", "go.sum", "the file of sums that each module must be in")
	status := flag.String("dpkg", "", "status file of dpkg whose packages are listed, too: /var/lib/dpkg/status of an image")
	out := flag.String("out", "", "file that takes the bill (default: standard output)")
	flag.Parse()
	if err := write(*bin, *sums, *status, *out); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(2)
	}
}

func write(bin, sums, status, out string) error {
	bill, err := sbom.Read(bin)
	if err != nil {
		return err
	}
	known, err := os.Open(sums)
	if err != nil {
		return err
	}
	defer known.Close()
	if err := bill.Check(known); err != nil {
		return err
	}
	if status != "" {
		installed, err := os.Open(status)
		if err != nil {
			return err
		}
		defer installed.Close()
		if err := bill.AddDebian(installed); err != nil {
			return err
		}
	}
	if out == "" {
		return bill.Write(os.Stdout)
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := bill.Write(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
