package lang

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// maxPlaces bounds the directories of a tree that a Layout holds, which take some megabytes. Further directories count
// as the project's own.
const maxPlaces = 20_000

// Layout learns from the paths of a commit where the commit keeps foreign code: in a directory such as vendor/ beside
// the manifest of a package manager, in a directory that a package manager has filled, and in a directory in external/
// with a licence of its own. The zero value is ready for use.
type Layout struct {
	places    map[string]bool            // directories whose names are places
	manifests map[string]map[string]bool // directory → manifests in it
	copies    map[string]bool            // directories that hold foreign code whatever is beside them
	held      int
}

// Add learns from a path. Paths may come in any order.
func (l *Layout) Add(file string) {
	dir, name := path.Split(file)
	dir = strings.TrimSuffix(dir, "/")
	for at := 0; ; {
		slash := strings.IndexByte(file[at:], '/')
		if slash < 0 {
			break
		}
		if _, is := placeOf(file[at : at+slash]); is {
			l.put(&l.places, file[:at+slash])
		}
		at += slash + 1
	}
	switch {
	case filled[name] && isPlace(dir):
		l.put(&l.copies, dir)
	case isPlace(path.Dir(dir)) && licence.MatchString(name):
		l.put(&l.copies, dir)
	case vendorers[name] || builders[name] || publishers[name] || name == "Podfile" || name == "Cartfile":
		l.manifest(dir, name)
	}
}

func isPlace(dir string) bool {
	_, is := placeOf(path.Base(dir))
	return is
}

func (l *Layout) put(to *map[string]bool, dir string) {
	if (*to)[dir] || l.held >= maxPlaces {
		return
	}
	if *to == nil {
		*to = make(map[string]bool)
	}
	(*to)[strings.Clone(dir)] = true
	l.held++
}

func (l *Layout) manifest(dir, name string) {
	names := l.manifests[dir]
	if names[name] || l.held >= maxPlaces {
		return
	}
	if l.manifests == nil {
		l.manifests = make(map[string]map[string]bool)
	}
	if names == nil {
		names = make(map[string]bool)
		l.manifests[strings.Clone(dir)] = names
	}
	names[strings.Clone(name)] = true
	l.held++
}

// copied lists the directories that hold foreign code, in order.
func (l *Layout) copied() []string {
	all := maps.Clone(l.copies)
	for dir := range l.places {
		p, _ := placeOf(path.Base(dir))
		beside := path.Dir(dir)
		if beside == "." {
			beside = ""
		}
		for name := range l.manifests[beside] {
			if p.manifests[name] {
				if all == nil {
					all = make(map[string]bool)
				}
				all[dir] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// In returns the rules for a commit with this layout.
func (r *Rules) In(l *Layout) *Rules {
	copied := l.copied()
	if len(copied) == 0 {
		return r
	}
	in := *r
	in.copied = set(copied...)
	in.fingerprint = extend(r.fingerprint, copied)
	return &in
}
