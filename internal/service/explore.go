package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/search"
)

// Bounds of an exploration, in tokens (see BytesPerToken).
const (
	LeastExploreTokens   = 500
	DefaultExploreTokens = 4000
	MaxExploreTokens     = 50_000
)

// The parts of an answer. docs/quality.md (What an agent reads) has the measurements.
const (
	exploreHits = 40  // hits of each search that are looked at
	eachPiece   = 220 // tokens for which one more piece is shown: 18 with the default
	fewPieces   = 3   // pieces that are shown in a small answer
	shareAt     = 2   // the piece at i, from 0, has a share of 1/(i+shareAt); measured against 1, 3 and 4
	callers     = 5   // best hits whose calls are followed; those of later hits find no room
	beforeCalls = 6   // hits that come before the definitions that the best hits call
	eachCalls   = 1   // called definitions that are shown for each hit
	maxCalls    = 20  // called names that are looked up, in one search; more of them find no room
	// maxWhole bounds the lines of a definition that is shown whole although only a part of it was
	// found. At 40 bytes a line such a definition takes four fifths of the default budget, so it is
	// shown only with a larger one.
	maxWhole = 240
	// leadShare reserves one part in so many of the budget for places without their text, which are
	// some five with the default.
	leadShare    = 16
	exploreLeads = 30 // places that are named without their text, as many as two answers would show
	outlined     = 3  // pieces whose neighbours are named; with more of them the right file was shown less often
	outlineShown = 8  // neighbours that are named for each file
)

// Upper bounds in bytes on the parts of an answer other than names and texts, in the form that
// internal/mcp writes.
const (
	leadOverhead  = 22 // two line numbers of seven digits, blanks, marks, the end of the line
	pieceOverhead = 62 // mark, commit, freshness, the caller's mark, the end of the text
	sameOverhead  = 24 // the same for a piece of the same repository and commit as the one before
	outlineHead   = 24 // before the neighbours
	outlineEach   = 18 // besides the name, for each neighbour
	leadsHead     = 66 // before the places without their text
	gapOverhead   = 28 // the line that says which lines are left out
)

// ExploreRequest asks a question about code.
type ExploreRequest struct {
	Tenant       string
	Reach        []string // globs of repositories that may be seen; empty: all of the tenant's
	Question     string
	Repositories []string // each its URL, its path, or the end of one of them; empty: all
	Ref          string   // branch, tag or full name; "": all
	MaxTokens    int      // largest size of the answer, LeastExploreTokens to MaxExploreTokens; 0: DefaultExploreTokens
}

// ExploreAnswer holds pieces of code: the best hits first, then the definitions that these call,
// then further hits. A piece is whole if there is room for it. Otherwise it has its head and the
// lines that hold most of the question's words.
type ExploreAnswer struct {
	Pieces     []Piece `json:"pieces" nullable:"false"`
	Leads      []Lead  `json:"leads" nullable:"false" doc:"Further places that were found, for which there was no room."`
	Generation int64   `json:"generation" doc:"The generation of the index that answered."`
	Empty      string  `json:"empty,omitempty" doc:"Why nothing was found; absent: something was found."`

	Waking []Turned `json:"waking,omitempty" doc:"Sleeping refs that the question names. They come back within seconds; absent: none."`
	Slept  int64    `json:"slept,omitempty" doc:"Number of refs that were left out because they sleep. Name their repository to wake them."`
}

// Piece is a definition, or the found lines.
type Piece struct {
	Lead
	Commit     string       `json:"commit" doc:"Commit in hex. The file has the lines at this commit."`
	Revision   int64        `json:"revision" doc:"Revision of the commit's snapshot."`
	Underway   bool         `json:"underway" doc:"A newer commit of the ref is being read or indexed."`
	Language   string       `json:"language"`
	Text       string       `json:"text" doc:"The lines, except those in left_out, with secrets masked."`
	Left       []Gap        `json:"left_out" nullable:"false" doc:"Lines that text leaves out because there is no room for all."`
	Neighbours []Definition `json:"neighbours" nullable:"false" doc:"Other definitions of the file; only for the file's first piece."`

	symbols []HitSymbol // the definitions of which it holds lines
}

// Gap is a range of lines that are left out.
type Gap struct {
	StartLine int `json:"start_line" doc:"First line, counted from 1."`
	EndLine   int `json:"end_line" doc:"Inclusive."`
}

// Lead is a place that is worth reading.
type Lead struct {
	Repository string `json:"repository" doc:"URL of the repository."`
	Ref        string `json:"ref" doc:"Full name."`
	Path       string `json:"path"`
	StartLine  int    `json:"start_line" doc:"First line, counted from 1."`
	EndLine    int    `json:"end_line" doc:"Inclusive."`
	Kind       string `json:"kind"`
	Symbol     string `json:"symbol"`
	CalledBy   string `json:"called_by,omitempty" doc:"The piece that calls it; absent: it answers the question itself."`
}

// cost returns the tokens that a place takes.
func (l Lead) cost() int {
	return tokens(leadOverhead + len(l.Path) + len(l.Symbol) + len(l.Kind) + len(l.CalledBy) + len(l.Repository) + len(l.Ref))
}

// source identifies the commit of a piece.
func (p Piece) source() string { return p.Repository + " " + p.Ref + " " + p.Commit }

// cost returns the tokens that a piece takes. same says whether the piece before it is of the same
// source.
func (p Piece) cost(same bool) int {
	overhead := pieceOverhead
	if same {
		p.Repository, p.Ref, overhead = "", "", sameOverhead
	}
	bytes := overhead + gapOverhead*len(p.Left) + len(p.Text) + strings.Count("\n"+p.Text, "\n»") // a blank before each mark
	if len(p.Neighbours) > 0 {
		bytes += outlineHead
	}
	for _, d := range p.Neighbours {
		bytes += len(d.Symbol) + outlineEach
	}
	return p.Lead.cost() + tokens(bytes)
}

// Explore answers a question with as much code as fits into the budget. It never takes more tokens.
func (s *Service) Explore(ctx context.Context, r ExploreRequest) (a ExploreAnswer, err error) {
	defer mark(&err)
	a = ExploreAnswer{Pieces: []Piece{}, Leads: []Lead{}}
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3|store.Qdrant); err != nil {
		return a, err
	}
	budget := cmp.Or(r.MaxTokens, DefaultExploreTokens)
	if budget < LeastExploreTokens || budget > MaxExploreTokens {
		reason := fmt.Sprintf("%d tokens: ask for %d to %d", budget, LeastExploreTokens, MaxExploreTokens)
		return a, &Error{Kind: Invalid, Field: FieldLimit, Reason: reason}
	}
	x := exploration{Service: s, request: r, budget: budget, names: search.NewNames(r.Question), files: make(map[uuid.UUID]*exploredFile)}
	found, err := x.found(ctx)
	if err != nil {
		return a, err
	}
	a.Waking, a.Slept = found.Waking, found.Slept
	if a.Generation, a.Empty = found.Generation, found.Empty; len(found.Hits) == 0 {
		return a, nil
	}
	for _, notice := range Notices(a.Waking, a.Slept) {
		budget -= tokens(len(notice) + leadOverhead)
	}
	x.budget = budget
	pieces, err := x.pieces(ctx, found.Hits, "")
	if err != nil {
		return a, err
	}
	first := min(len(pieces), callers)
	called, err := x.called(ctx, pieces[:first])
	if err != nil {
		return a, err
	}
	named, err := x.named(ctx, found.Hits)
	if err != nil {
		return a, err
	}
	// The places that a person would look at first come before the definitions that the best of
	// them call.
	at, best := min(len(pieces), beforeCalls), min(len(pieces), beforeNames)
	ordered := slices.Concat(pieces[:best], named, pieces[best:at])
	for _, list := range called {
		ordered = append(ordered, list[:min(len(list), eachCalls)]...)
	}
	ordered = append(ordered, pieces[at:]...)
	a.pack(newCutter(x.names, pieces), budget, ordered)
	return a, nil
}

// exploration is one call of Explore. It reads each file once.
type exploration struct {
	*Service
	request ExploreRequest
	names   search.Names                // the question's words
	budget  int                         // tokens of the answer
	files   map[uuid.UUID]*exploredFile // by document
}

// exploredFile is the stored file of a hit with its definitions. A file that was removed after the
// search has none.
type exploredFile struct {
	outline []Definition
	stored  catalog.StoredFile
	text    []byte // text of stored; nil: not read yet
}
