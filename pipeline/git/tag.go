package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/glob"
)

// maxTags bounds the tags of one listing that match a pattern.
const maxTags = 10_000

// Tags lists, in ascending order, the full names of the remote's tags that match a pattern. The
// pattern begins with refs/tags/, and a star in it stands for any characters. Tags leaves out
// names that no row and no event could hold. Its errors are those of Fetch.
func (m *Mirrors) Tags(ctx context.Context, remote Remote, pattern string) ([]string, error) {
	names, err := m.tags(ctx, remote, pattern)
	if err != nil {
		return nil, fmt.Errorf("list tags of %s: %w", remote, err)
	}
	return names, nil
}

func (m *Mirrors) tags(ctx context.Context, remote Remote, pattern string) ([]string, error) {
	if err := checkRef(strings.ReplaceAll(pattern, "*", "x")); err != nil || !strings.HasPrefix(pattern, "refs/tags/") {
		return nil, fmt.Errorf("%q is no pattern of tags (%w)", pattern, err)
	}
	access, err := m.access(ctx, remote)
	if err != nil {
		return nil, err
	}
	defer access.close()
	ctx, cancel := context.WithTimeoutCause(ctx, m.cfg.IdleTimeout, silence(m.cfg.IdleTimeout))
	defer cancel()
	args := access.options([]string{"ls-remote", "--quiet", "--refs", "--tags"})
	out, err := m.run(ctx, access.command(append(args, "--", remote.fetchURL(), pattern)))
	if err != nil {
		return nil, explain(remote, err)
	}
	return matchingTags(string(out), pattern), nil
}

// matchingTags reads the output of ls-remote, whose own patterns may match the end of a name.
func matchingTags(listing, pattern string) (names []string) {
	for line := range strings.Lines(listing) {
		oid, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if isOID(oid) && utf8.ValidString(name) && checkRef(name) == nil && glob.Stars(pattern, name) && len(names) < maxTags {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
