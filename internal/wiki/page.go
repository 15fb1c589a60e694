package wiki

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// The kinds of pages.
const (
	Overview  = "overview"
	Directory = "directory"
	Community = "community"
)

// Page is a page of a wiki. Its hash depends on everything else in it but not on the commit, so
// pages with the same hash say the same about the same texts.
type Page struct {
	ID        string     `json:"id"` // also the name of its file, without the suffix
	Title     string     `json:"title"`
	Kind      string     `json:"kind"`
	Path      string     `json:"path,omitempty"` // of a directory; "": the root
	Hash      string     `json:"hash"`           // SHA-256 in hex
	Files     []PageFile `json:"files,omitempty"`
	Refers    []Refer    `json:"refers,omitempty"`   // pages that it refers to, the most referred to first
	Referred  []Refer    `json:"referred,omitempty"` // pages that refer to it, those that do so most first
	Readme    string     `json:"readme,omitempty"`
	Languages []Language `json:"languages,omitempty"`
	Entries   []Entry    `json:"entry_points,omitempty"`
	Builds    []Build    `json:"build,omitempty"`
	Skips     []Skip     `json:"not_indexed,omitempty"`
	Pages     []Contents `json:"pages,omitempty"`
	Imports   []Import   `json:"imports,omitempty"` // between all pages; on the overview alone
}

// PageFile is a file on a page.
type PageFile struct {
	Path     string   `json:"path"`
	Language string   `json:"language,omitempty"`
	Blob     string   `json:"blob,omitempty"`
	Size     int64    `json:"size"`
	Symbols  []Symbol `json:"symbols,omitempty"`
	More     int      `json:"more,omitempty"` // symbols that are left out
}

// Refer is another page, with the number of files that refer to it or that it refers to.
type Refer struct {
	Page  string `json:"page"`
	Title string `json:"title"`
	Files int    `json:"files"`
}

// Language is a language, and how much of the repository is written in it.
type Language struct {
	Name  string `json:"name"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

// Entry is a place where a program begins.
type Entry struct {
	Path   string `json:"path"`
	Symbol string `json:"symbol,omitempty"`
	Line   int    `json:"line,omitempty"`
}

// Skip is a reason for which files are not indexed, and the number of those files.
type Skip struct {
	Reason string `json:"reason"`
	Files  int    `json:"files"`
}

// Contents is an entry of the table of contents.
type Contents struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
	Depth int    `json:"depth"` // of a directory below the root
}

// Import says that a page refers to another.
type Import struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Files int    `json:"files"`
}

// The bounds of pages.
const (
	maxRefers  = 40
	maxImports = 60
	maxEntries = 40
	maxSlug    = 60 // bytes of a title in the name of a file
)

// Site is a whole wiki.
type Site struct {
	Source Source // without its files
	Pages  []Page // the overview first, then by title
	titles map[string]string
}

// New makes the pages of a source. There is one for each directory with files. With byCommunity
// there is one for each community, and one for each directory of the other files.
func New(s Source, byCommunity bool) *Site {
	site := &Site{titles: make(map[string]string)}
	place := make(map[string]int) // the index in pages of each page
	of := make([]int, len(s.Files))
	var pages []Page
	firsts := make(map[int]string) // the first file of each community
	for i, f := range s.Files {
		page := Page{Kind: Directory, Path: path.Dir(f.Path)}
		if page.Path == "." {
			page.Path = ""
		}
		page.Title = cmp.Or(page.Path, "/")
		page.ID = slug(page.Kind, page.Title, "")
		if byCommunity && f.Group > 0 {
			firsts[f.Group] = cmp.Or(firsts[f.Group], f.Path)
			page = Page{Kind: Community, Title: s.Groups[f.Group-1]}
			page.ID = slug(page.Kind, page.Title, firsts[f.Group])
		}
		at, ok := place[page.ID]
		if !ok {
			at = len(pages)
			place[page.ID], pages = at, append(pages, page)
		}
		of[i] = at
		pages[at].Files = append(pages[at].Files, PageFile{f.Path, f.Language, f.Blob, f.Size, f.Symbols, f.More})
	}
	imports := refer(pages, of, s.Links)
	slices.SortFunc(pages, func(a, b Page) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Title, b.Title), strings.Compare(a.ID, b.ID))
	})
	first := overview(s, pages, imports)
	site.Pages = append([]Page{first}, pages...)
	for i := range site.Pages {
		p := &site.Pages[i]
		p.Hash = p.hash()
		site.titles[p.ID] = p.Title
	}
	site.Source = s
	site.Source.Files, site.Source.Links = nil, nil
	return site
}

// refer counts, for each pair of pages, the files of the first that refer to the second.
func refer(pages []Page, of []int, links []Link) []Import {
	type pair struct{ from, to int }
	files := make(map[pair]map[int]bool)
	for _, l := range links {
		p := pair{of[l.From], of[l.To]}
		if p.from == p.to {
			continue
		}
		if files[p] == nil {
			files[p] = make(map[int]bool)
		}
		files[p][l.From] = true
	}
	var all []Import
	for p, n := range files {
		from, to := &pages[p.from], &pages[p.to]
		from.Refers = append(from.Refers, Refer{to.ID, to.Title, len(n)})
		to.Referred = append(to.Referred, Refer{from.ID, from.Title, len(n)})
		all = append(all, Import{from.ID, to.ID, len(n)})
	}
	for i := range pages {
		for _, list := range []*[]Refer{&pages[i].Refers, &pages[i].Referred} {
			slices.SortFunc(*list, func(a, b Refer) int { return cmp.Or(b.Files-a.Files, strings.Compare(a.Page, b.Page)) })
			*list = (*list)[:min(len(*list), maxRefers)]
		}
	}
	slices.SortFunc(all, func(a, b Import) int {
		return cmp.Or(b.Files-a.Files, strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return all[:min(len(all), maxImports)]
}

func overview(s Source, pages []Page, imports []Import) Page {
	p := Page{ID: "index", Title: s.Name, Kind: Overview, Readme: s.Readme, Builds: s.Builds, Imports: imports}
	languages := make(map[string]*Language)
	for _, f := range s.Files {
		name := cmp.Or(f.Language, "unknown")
		if languages[name] == nil {
			languages[name] = &Language{Name: name}
		}
		languages[name].Files++
		languages[name].Bytes += f.Size
		p.Entries = append(p.Entries, entries(f)...)
	}
	p.Entries = p.Entries[:min(len(p.Entries), maxEntries)]
	for _, l := range languages {
		p.Languages = append(p.Languages, *l)
	}
	slices.SortFunc(p.Languages, func(a, b Language) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Name, b.Name)) })
	for reason, n := range s.Skips {
		p.Skips = append(p.Skips, Skip{reason, n})
	}
	slices.SortFunc(p.Skips, func(a, b Skip) int { return strings.Compare(a.Reason, b.Reason) })
	for _, one := range pages {
		depth := 0
		if one.Kind == Directory && one.Path != "" {
			depth = strings.Count(one.Path, "/") + 1
		}
		p.Pages = append(p.Pages, Contents{one.ID, one.Title, one.Kind, depth})
	}
	return p
}

// hash returns the hash of the rest of the page.
func (p Page) hash() string {
	p.Hash = ""
	encoded, err := json.Marshal(p)
	if err != nil {
		panic("wiki: a page of texts and numbers has no JSON: " + err.Error())
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "wiki %d\n", Version)
	sum.Write(encoded) // a hash never returns an error
	return hex.EncodeToString(sum.Sum(nil))
}

// slug is the name of a file, made of letters that every system accepts. It ends in a part of the
// hash of the title and of more, which keeps similar titles apart.
func slug(kind, title, more string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
	}
	sum := sha256.Sum256([]byte(kind + " " + title + "\x00" + more))
	name := out.String()
	return cmp.Or(strings.Trim(name[:min(len(name), maxSlug)], "-"), "root") + "-" + hex.EncodeToString(sum[:6])
}
