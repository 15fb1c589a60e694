package wiki

// Source is what a wiki is made from. Files are listed by path, and symbols by line.
type Source struct {
	Name   string // of the repository, for people
	URL    string
	Ref    string
	Commit string
	Link   string // template of links to lines; "": that of the URL's host
	Readme string // the first words of its README; "": there is none
	Files  []File
	Links  []Link
	Builds []Build
	Groups []string       // names of communities
	Skips  map[string]int // files that are not indexed, by reason
}

// File is a file of the commit.
type File struct {
	Path     string
	Language string // "": unknown
	Blob     string // SHA-256 of its text, in hex
	Size     int64  // bytes of its text
	Symbols  []Symbol
	More     int // symbols that are left out
	Group    int // its community: a place in Groups, from 1; 0: none
}

// Symbol is a definition.
type Symbol struct {
	Name      string `json:"name"` // qualified
	Kind      string `json:"kind"`
	Signature string `json:"signature,omitempty"`
	Doc       string `json:"doc,omitempty"` // the first sentence
	Line      int    `json:"line"`
	End       int    `json:"end_line"`
	Users     []User `json:"users,omitempty"` // the first of them, by path
	Used      int    `json:"used"`            // how many users there are
}

// User is a definition, or a file, that refers to a symbol.
type User struct {
	Path   string `json:"path"`
	Symbol string `json:"symbol,omitempty"` // "": the file itself
}

// Link says that a file refers to another. Both are indices in Files.
type Link struct{ From, To int }

// Build is a file that says how the repository is built, with the lines that say so.
type Build struct {
	Path  string   `json:"path"`
	Lines []string `json:"lines"`
}
