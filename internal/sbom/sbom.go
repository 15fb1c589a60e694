package sbom

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Part is a component of binaries, or of the image around them.
type Part struct {
	Name    string
	Version string
	PURL    string   // the package URL, which names it among all packages of the world
	Sum     string   // of a module, as in go.sum: h1:…
	In      []string // the binaries that it is linked into; none for a package of the image
}

// Bill lists the parts of a set of binaries.
type Bill struct {
	Version string // of the binaries; "(devel)": they were built outside a repository
	Time    string // of the commit, RFC 3339; "": unknown
	Parts   []Part // sorted by PURL
}

// Read reads what the Go binaries in a directory were linked from.
func Read(dir string) (Bill, error) {
	var b Bill
	entries, err := os.ReadDir(dir)
	if err != nil {
		return b, fmt.Errorf("list binaries: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		info, err := buildinfo.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // no Go binary
		}
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				b.Time = s.Value
			}
		}
		b.Add(Part{Name: "stdlib", Version: strings.TrimPrefix(info.GoVersion, "go")}, e.Name())
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			b.Add(Part{Name: m.Path, Version: m.Version, Sum: m.Sum}, e.Name())
		}
	}
	if len(b.Parts) == 0 {
		return b, fmt.Errorf("no Go binary in %s: build them first", dir)
	}
	return b, nil
}

// Add adds a module that is linked into a binary.
func (b *Bill) Add(p Part, binary string) {
	p.PURL = "pkg:golang/" + strings.ToLower(p.Name) + "@" + escaped(p.Version)
	i, found := slices.BinarySearchFunc(b.Parts, p.PURL, func(p Part, purl string) int { return strings.Compare(p.PURL, purl) })
	if !found {
		b.Parts = slices.Insert(b.Parts, i, p)
	}
	b.Parts[i].In = append(b.Parts[i].In, binary)
}

// Of the characters in versions of modules and Debian packages, the purl specification
// percent-encodes these.
var escapes = strings.NewReplacer("%", "%25", "+", "%2B", ":", "%3A", "/", "%2F", " ", "%20")

func escaped(version string) string { return escapes.Replace(version) }

// Check compares the modules with go.sum. If go.sum lacks a linked module, or has another sum for
// it, the module was not built from this tree.
func (b Bill) Check(sums io.Reader) error {
	text, err := io.ReadAll(sums)
	if err != nil {
		return fmt.Errorf("read go.sum: %w", err)
	}
	known := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		known[strings.TrimSpace(line)] = true
	}
	var errs []error
	for _, p := range b.Parts {
		if p.In != nil && p.Name != "stdlib" && !known[p.Name+" "+p.Version+" "+p.Sum] {
			errs = append(errs, fmt.Errorf("%s %s %s is linked and not in go.sum", p.Name, p.Version, p.Sum))
		}
	}
	return errors.Join(errs...)
}

// Write writes the bill as CycloneDX 1.6. The same parts give the same bytes.
func (b Bill) Write(w io.Writer) error {
	leat := component{Type: "application", Ref: "pkg:golang/github.com/leatworks/leat@" + escaped(b.Version), Name: "leat", Version: b.Version}
	leat.PURL = leat.Ref
	out := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{Time: b.Time, Component: leat},
	}
	of := dependency{Ref: leat.Ref}
	for _, p := range b.Parts {
		c := component{Type: "library", Ref: p.PURL, Name: p.Name, Version: p.Version, PURL: p.PURL}
		if p.Sum != "" {
			c.Properties = append(c.Properties, property{"leat:go.sum", p.Sum})
		}
		for _, binary := range p.In {
			c.Properties = append(c.Properties, property{"leat:binary", binary})
		}
		out.Components = append(out.Components, c)
		of.On = append(of.On, p.PURL)
	}
	out.Dependencies = []dependency{of}
	named, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("write the bill of materials: %w", err)
	}
	sum := sha256.Sum256(named)
	out.Serial = "urn:uuid:" + uuid.NewHash(sha256.New(), uuid.NameSpaceURL, sum[:], 8).String()
	lines := json.NewEncoder(w)
	lines.SetIndent("", "  ")
	lines.SetEscapeHTML(false)
	return lines.Encode(out)
}

// Source of the shapes: CycloneDX 1.6, bom-1.6.schema.json.
type (
	document struct {
		Schema       string       `json:"$schema"`
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Serial       string       `json:"serialNumber,omitempty"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Time      string    `json:"timestamp,omitempty"`
		Component component `json:"component"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		PURL       string     `json:"purl"`
		Properties []property `json:"properties,omitempty"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn"`
	}
)
