// Package sbom writes a software bill of materials of binaries: the modules that the Go linker
// recorded in them, and the packages of the Debian image that they are shipped in.
//
// It reads files and asks nobody. It does not know licences or vulnerabilities.
package sbom
