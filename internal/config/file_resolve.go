package config

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// resolver gives kong the values of a file for one program.
type resolver struct{ *document }

// Validate implements kong.Resolver. The file was checked when it was read.
func (resolver) Validate(*kong.Application) error { return nil }

// Resolve returns the value of a flag that neither the command line nor the environment sets. The
// environment variable of a flag tells which key it belongs to, because a command of leat may have
// another flag with the same name.
func (r resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if len(flag.Envs) == 0 || fromEnvironment(flag.Envs) != "" {
		return nil, nil
	}
	key := r.keys[flag.Envs[0]]
	e, _, found := r.lookup(r.program, key)
	if !found {
		return nil, nil
	}
	r.given[key] = true
	if slices.Contains(addresses, key) && isReference(e.text) {
		text, err := r.dereference(e.text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", r.path, e.line, key, err)
		}
		return text, nil
	}
	if e.plain && flag.Tag.Type == "path" {
		return r.relative(e.text), nil
	}
	return e.value(), nil
}

// fromEnvironment names the first of the variables that is set; "" if none is.
func fromEnvironment(names []string) string {
	for _, name := range names {
		if _, set := os.LookupEnv(name); set {
			return name
		}
	}
	return ""
}

// The two forms of a reference.
const (
	envReference  = "env:"
	fileReference = "file:"
)

func isReference(text string) bool {
	return strings.HasPrefix(text, envReference) || strings.HasPrefix(text, fileReference)
}

// maxSecret bounds a file that holds a secret, in bytes.
const maxSecret = 64 << 10

// dereference returns the value that a reference stands for, without white space around it.
func (d *document) dereference(text string) (string, error) {
	if name, found := strings.CutPrefix(text, envReference); found {
		value, set := os.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("the environment variable %s is not set; set it", name)
		}
		return strings.TrimSpace(value), nil
	}
	f, err := os.Open(d.relative(strings.TrimPrefix(text, fileReference)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// secret returns the secret of a key, from the environment or else from the file.
func (f File) secret(key string) string {
	for _, name := range secrets[key] {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	if f.document == nil {
		return ""
	}
	e, _, found := f.lookup(f.program, key)
	if !found {
		return ""
	}
	value, _ := f.dereference(e.text) // Check reports the error
	return value
}

// Check returns an error for a secret of the file that cannot be read.
func (f File) Check() error {
	if f.document == nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		e, section, found := f.lookup(f.program, key)
		if !found || fromEnvironment(secrets[key]) != "" {
			continue
		}
		if _, err := f.dereference(e.text); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", f.path, e.line, joined(section, key), err)
		}
	}
	return nil
}
