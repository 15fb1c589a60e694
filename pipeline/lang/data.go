package lang

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

// The sizes, in bytes, above which data is a dump. Smaller data is an example, a fixture or a small table, which people
// read and search.
const (
	dumpTable  = 32 << 10  // for formats that hold only records
	dumpConfig = 512 << 10 // for formats that hold configuration as often as records
	dumpDigits = 32 << 10  // for numbers in any format
)

var (
	tableNames  = set(".csv", ".tsv", ".psv", ".ndjson", ".jsonl", ".geojson", ".topojson", ".arff", ".dat", ".ldif", ".vcf", ".fasta", ".fastq", ".obj", ".ply", ".stl", ".gpx", ".kml")
	configNames = set(".json", ".xml", ".yaml", ".yml", ".plist", ".toml")
)

// dumpHeads holds the beginnings of database exports, in lower case. Case does not count.
var dumpHeads = []string{
	"-- mysql dump", "-- mariadb dump", "-- postgresql database dump", "-- phpmyadmin sql dump", "-- pg_dump", "-- dump of", "pragma foreign_keys=off;\nbegin transaction;",
}

// isData reports whether a text is a dump of data, and why.
func isData(name string, text []byte) (why string, is bool) {
	switch ext := strings.ToLower(path.Ext(name)); {
	case tableNames[ext] && len(text) > dumpTable, configNames[ext] && len(text) > dumpConfig:
		return fmt.Sprintf("%d bytes of %s", len(text), ext), true
	case ext == ".sql":
		head := strings.TrimLeft(strings.ToLower(string(text[:min(len(text), 512)])), "\ufeff \t\r\n-")
		for _, h := range dumpHeads {
			if strings.HasPrefix("-- "+head, h) || strings.HasPrefix(head, h) {
				return "export of a database", true
			}
		}
	}
	if len(text) > dumpDigits && 2*figures(text) > len(text) {
		return fmt.Sprintf("%d bytes, mostly numbers", len(text)), true
	}
	return "", false
}

// figures counts digits, and separators and signs that follow a digit.
func figures(text []byte) int {
	n := 0
	for i, b := range text {
		switch {
		case '0' <= b && b <= '9':
			n++
		case bytes.IndexByte([]byte(".,-+ \n"), b) >= 0 && i > 0 && '0' <= text[i-1] && text[i-1] <= '9':
			n++
		}
	}
	return n
}
