package service

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Bounds of an exploration, in tokens (see BytesPerToken).
const (
	LeastExploreTokens   = 500
	DefaultExploreTokens = 4000
	MaxExploreTokens     = 50_000
)

// What an answer is made of. docs/quality.md (What an agent reads) has the measurements.
const (
	exploreHits = 20 // hits that are looked at: an answer of the default size holds 6 to 11 pieces of them
	callers     = 3  // of the best hits, whose calls are followed: those of later hits find no room
	beforeCalls = 8  // hits that come before what the best of them call; measured beside 0 and 20
	maxCalls    = 12 // names that are followed: one search looks them up, and more of them find no room
	firstShare  = 2  // one part in so many of the budget is the most of the first piece; measured beside 3
	mostShare   = 3  // the same of each other; measured beside 4
	// maxWhole is the most lines of a definition that is shown whole where a part of it was
	// found. At 40 bytes a line it takes four fifths of the default budget, so that it
	// takes a larger one to be shown.
	maxWhole = 240
	// leadShare is the part of the budget that is kept for places without their text, one in
	// so many: some ten of them with the default.
	leadShare    = 8
	exploreLeads = 30 // places that are named without their text, as many as two answers would show
	outlined     = 3  // pieces whose neighbours are named: with more of them the right file came less often
	outlineShown = 12 // neighbours that are named of a file: a sixth of what a piece takes at most
)

// What an answer takes in bytes beside names and texts, at most, as internal/mcp writes it.
const (
	leadOverhead  = 22 // two line numbers of seven digits, blanks, marks, the end of the line
	pieceOverhead = 62 // mark, commit, freshness, the caller's mark, the end of the text
	outlineHead   = 24 // before the neighbours
	outlineEach   = 18 // beside the name of one
	leadsHead     = 66 // before the places without their text
)

// ExploreRequest asks a question about code.
type ExploreRequest struct {
	Tenant       string
	Reach        []string // globs of repositories that may be seen; empty: all of the tenant's
	Question     string
	Repositories []string // each its URL, its path, or the end of one of them; empty: all
	Ref          string   // branch, tag or full name; "": all
	MaxTokens    int      // most tokens of the answer, LeastExploreTokens to MaxExploreTokens; 0: DefaultExploreTokens
}

// ExploreAnswer holds whole pieces of code: the best hits first, then the definitions
// that the first of them call, then further hits.
type ExploreAnswer struct {
	Pieces     []Piece `json:"pieces" nullable:"false"`
	Leads      []Lead  `json:"leads" nullable:"false" doc:"What was found too, and had no room."`
	Generation int64   `json:"generation" doc:"The generation of the index that answered."`
	Empty      string  `json:"empty,omitempty" doc:"Why nothing was found; absent: something was."`

	Waking []Turned `json:"waking,omitempty" doc:"Refs that the question names and that slept: their lines come back within seconds; absent: none."`
	Slept  int64    `json:"slept,omitempty" doc:"Refs that were left out, because they sleep: name their repository to wake them."`
}

// Piece is a definition, or the lines that were found.
type Piece struct {
	Lead
	Commit     string       `json:"commit" doc:"In hex. The lines are in the file at this commit."`
	Revision   int64        `json:"revision" doc:"Revision of the commit's snapshot."`
	Underway   bool         `json:"underway" doc:"A newer commit of the ref is being read or indexed."`
	Language   string       `json:"language"`
	Text       string       `json:"text" doc:"The lines, with secrets masked."`
	Neighbours []Definition `json:"neighbours" nullable:"false" doc:"Other definitions of the file, at its first piece."`
}

// Lead is a place that is worth reading.
type Lead struct {
	Repository string `json:"repository" doc:"URL of the repository."`
	Ref        string `json:"ref" doc:"Full name."`
	Path       string `json:"path"`
	StartLine  int    `json:"start_line" doc:"From 1."`
	EndLine    int    `json:"end_line" doc:"Inclusive."`
	Kind       string `json:"kind"`
	Symbol     string `json:"symbol"`
	CalledBy   string `json:"called_by,omitempty" doc:"The piece that calls it; absent: it answers the question."`
}

// cost returns the tokens that a place takes.
func (l Lead) cost() int {
	return tokens(leadOverhead + len(l.Path) + len(l.Symbol) + len(l.Kind) + len(l.CalledBy) + len(l.Repository) + len(l.Ref))
}

// cost returns the tokens that a piece takes.
func (p Piece) cost() int {
	bytes := pieceOverhead + len(p.Text) + strings.Count("\n"+p.Text, "\n»") // a blank before each mark
	if len(p.Neighbours) > 0 {
		bytes += outlineHead
	}
	for _, d := range p.Neighbours {
		bytes += len(d.Symbol) + outlineEach
	}
	return p.Lead.cost() + tokens(bytes)
}

// Explore answers a question with as much code as the budget takes: whole pieces, and
// never more tokens.
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
	found, err := s.Search(ctx, SearchRequest{
		Tenant: r.Tenant, Reach: r.Reach, Query: r.Question, Repositories: r.Repositories, Ref: r.Ref, Limit: exploreHits,
		parts: true,
	})
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
	x := exploration{Service: s, request: r, budget: budget, files: make(map[uuid.UUID]*exploredFile)}
	pieces, err := x.pieces(ctx, found.Hits, "")
	if err != nil {
		return a, err
	}
	first := min(len(pieces), callers)
	called, err := x.called(ctx, pieces[:first])
	if err != nil {
		return a, err
	}
	named, err := x.byName(ctx, found.Hits)
	if err != nil {
		return a, err
	}
	// The places that a person would look at first come before what the best of them call.
	at, best := min(len(pieces), beforeCalls), min(len(pieces), beforeNames)
	ordered := slices.Concat(pieces[:best], named, pieces[best:at])
	for _, list := range called {
		ordered = append(ordered, list...)
	}
	a.pack(budget, append(ordered, pieces[at:]...))
	return a, nil
}

// exploration is one call of Explore. It reads each file once.
type exploration struct {
	*Service
	request ExploreRequest
	budget  int                         // tokens of the answer
	files   map[uuid.UUID]*exploredFile // by document
}

// exploredFile is the stored file of a hit with its definitions. A file that has gone
// since the search has none.
type exploredFile struct {
	outline []Definition
	stored  catalog.StoredFile
	text    []byte // of stored; nil: it has not been read
}

// pieces makes hits whole: the definitions that hold them, each once.
func (x *exploration) pieces(ctx context.Context, hits []Hit, by string) (list []Piece, err error) {
	named := make(map[uuid.UUID]bool) // documents whose neighbours have been named
	for _, h := range hits {
		p := pieceOf(h)
		p.CalledBy = by
		if slices.ContainsFunc(list, func(q Piece) bool { return q.overlaps(p.Lead) }) {
			continue
		}
		f, err := x.file(ctx, h)
		if err != nil {
			return nil, err
		}
		if len(list) < outlined && !named[h.document] {
			named[h.document] = true
			p.Neighbours = neighbours(f.outline, h)
		}
		if err := x.widen(ctx, &p, f, h); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// pieceOf is the lines of a hit.
func pieceOf(h Hit) Piece {
	return Piece{
		Lead:   Lead{Repository: h.Repository, Ref: h.Ref, Path: h.Path, StartLine: h.StartLine, EndLine: h.EndLine, Kind: h.Kind, Symbol: h.Symbol},
		Commit: h.Commit, Revision: h.Revision, Underway: h.Underway, Language: h.Language, Text: h.Text, Neighbours: []Definition{},
	}
}

// file returns the stored file of a hit, with its definitions.
func (x *exploration) file(ctx context.Context, h Hit) (f *exploredFile, err error) {
	if f = x.files[h.document]; f != nil {
		return f, nil
	}
	f = &exploredFile{}
	if f.outline, err = x.definitions(ctx, h.document); err != nil {
		return nil, err
	}
	x.files[h.document] = f
	return f, nil
}

// lines returns lines of a hit's file, none if it has changed since the search.
func (x *exploration) lines(ctx context.Context, h Hit, first, last int) (text ReadAnswer, err error) {
	f, err := x.file(ctx, h)
	if err != nil {
		return text, err
	}
	if f.text == nil {
		if f.stored, err = x.stores.Catalog.Trees.StoredFile(ctx, h.document); err == nil {
			f.text, err = x.content(ctx, f.stored)
		}
	}
	if isNotFound(err) || err == nil && f.stored.Commit != h.Commit {
		return text, nil
	}
	if err != nil {
		return text, fmt.Errorf("read %s: %w", h.Path, err)
	}
	if err := text.cut(f.text, first, last); err != nil {
		return ReadAnswer{}, nil // no such lines: it has changed too
	}
	return text, nil
}

// overlaps says whether a piece holds lines of another place.
func (p Piece) overlaps(l Lead) bool {
	return p.Repository == l.Repository && p.Ref == l.Ref && p.Path == l.Path && p.StartLine <= l.EndLine && l.StartLine <= p.EndLine
}

// neighbours names the definitions of a file beside the one that was found, those close
// to it first.
func neighbours(outline []Definition, h Hit) []Definition {
	list := make([]Definition, 0, len(outline))
	for _, d := range outline {
		if d.Symbol != "" && d.Symbol != h.Symbol && !d.holds(h.StartLine) {
			list = append(list, d)
		}
	}
	distance := func(d Definition) int { return max(d.StartLine-h.EndLine, h.StartLine-d.EndLine) }
	slices.SortStableFunc(list, func(x, y Definition) int { return cmp.Compare(distance(x), distance(y)) })
	list = list[:min(len(list), outlineShown)]
	slices.SortFunc(list, func(x, y Definition) int { return cmp.Compare(x.StartLine, y.StartLine) })
	return list
}

// widen replaces the lines that were found by the whole definition, if it is larger and
// not very large.
func (x *exploration) widen(ctx context.Context, p *Piece, f *exploredFile, h Hit) error {
	if h.Partial || h.Symbol == "" {
		return nil
	}
	at := slices.IndexFunc(f.outline, func(d Definition) bool { return d.Symbol == h.Symbol && d.holds(h.StartLine) })
	if at < 0 || f.outline[at].EndLine-f.outline[at].StartLine <= h.EndLine-h.StartLine || f.outline[at].EndLine-f.outline[at].StartLine >= maxWhole {
		return nil
	}
	whole, err := x.lines(ctx, h, f.outline[at].StartLine, f.outline[at].EndLine)
	if err != nil || whole.Text == "" || whole.More {
		return err
	}
	p.StartLine, p.EndLine, p.Text = whole.First, whole.Last, whole.Text
	return nil
}

// call is a name before an opening parenthesis, as most languages write a call.
var call = regexp.MustCompile(`([\pL_][\pL\pN_]{2,})\s*\(`)

// called finds the definitions that each of the pieces calls.
func (x *exploration) called(ctx context.Context, pieces []Piece) (lists [][]Piece, err error) {
	lists = make([][]Piece, len(pieces))
	var names []string
	for _, p := range pieces {
		for _, name := range calls(p.Text) {
			own := slices.ContainsFunc(pieces, func(q Piece) bool { return lastName(q.Symbol) == name })
			if len(names) < maxCalls && !own && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return lists, nil
	}
	found, err := x.Search(ctx, SearchRequest{
		Tenant: x.request.Tenant, Reach: x.request.Reach, Query: strings.Join(names, " "), Repositories: []string{pieces[0].Repository}, Ref: pieces[0].Ref,
		Symbols: names, Limit: exploreHits, parts: true,
	})
	if err != nil {
		return nil, err
	}
	for i, p := range pieces {
		if lists[i], err = x.pieces(ctx, meant(p, found.Hits), cmp.Or(p.Symbol, p.Path)); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// meant chooses, of definitions, those that a piece calls. A name that is defined more than
// once is left out, unless one of them is in the piece's own file.
func meant(p Piece, definitions []Hit) (list []Hit) {
	called := calls(p.Text)
	byName := make(map[string][]Hit)
	for _, h := range definitions {
		if h.Language == p.Language {
			byName[lastName(h.Symbol)] = append(byName[lastName(h.Symbol)], h)
		}
	}
	for _, name := range slices.Compact(called) {
		same := byName[name]
		if len(same) > 1 {
			same = slices.DeleteFunc(same, func(h Hit) bool { return h.Path != p.Path })
		}
		if len(same) == 1 {
			list = append(list, same[0])
		}
		delete(byName, name)
	}
	return list
}

// calls lists the names that a text calls, in their order.
func calls(text string) (names []string) {
	for _, m := range call.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// lastName returns the last part of a qualified name.
func lastName(symbol string) string {
	return symbol[strings.LastIndexAny(symbol, ".:#/ ")+1:]
}

// pack takes pieces while they fit, and names the places of the others. A piece that
// would take most of the budget is taken only if nothing else is.
func (a *ExploreAnswer) pack(budget int, pieces []Piece) {
	left, kept := budget-budget/leadShare, budget/leadShare
	take := func(p Piece, most int) bool {
		cost := p.cost()
		if cost > most {
			p.Neighbours = []Definition{}
			cost = p.cost()
		}
		if cost > most {
			return false
		}
		left -= cost
		a.Pieces = append(a.Pieces, p)
		return true
	}
	held := func(l Lead) bool {
		return slices.ContainsFunc(a.Pieces, func(q Piece) bool { return q.overlaps(l) })
	}
	var others []Piece
	share := firstShare
	for _, p := range pieces {
		if !held(p.Lead) && !take(p, min(left, budget/share)) {
			others = append(others, p)
		}
		share = mostShare
	}
	for _, p := range others {
		if len(a.Pieces) == 0 {
			take(p, left)
		}
	}
	left += kept - tokens(leadsHead)
	for _, p := range others {
		named := slices.ContainsFunc(a.Leads, func(l Lead) bool { return Piece{Lead: l}.overlaps(p.Lead) })
		if cost := p.Lead.cost(); cost <= left && len(a.Leads) < exploreLeads && !named && !held(p.Lead) {
			left -= cost
			a.Leads = append(a.Leads, p.Lead)
		}
	}
}
