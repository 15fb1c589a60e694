package service

import (
	"cmp"
	"context"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/leatworks/leat/internal/network"
)

// The bounds of communities.
const (
	maxCommunities = 500 // communities in a kept answer
	leadingFiles   = 20  // files that are named for each
	communityWords = 3   // words that name each
	leastWord      = 3   // letters of a word that names one
	shareOfAPath   = 0.6 // share of its files below the directory that names a community
	leastOfAWord   = 2   // files that have a word
	leastCommunity = 2   // files
	shareOfAWord   = 0.2 // share of its files that have a word
)

// CommunitiesRequest asks for the communities of the files of a graph.
type CommunitiesRequest struct {
	GraphRequest        // without a symbol
	After        string // Next of the previous answer; "": from the first
	Limit        int    // 1 to MaxSymbols; 0: 50
}

// Community is a group of files that refer to each other more than to others.
type Community struct {
	Name     string   `json:"name" doc:"Its directory and its words."`
	Path     string   `json:"path" doc:"The deepest directory with most of its files; empty: the root."`
	Words    []string `json:"words" nullable:"false" doc:"Words of its files' names that are rare in other names."`
	Size     int      `json:"size" doc:"Files."`
	Files    []string `json:"files" nullable:"false" doc:"The most important files first, at most 20."`
	Cohesion float64  `json:"cohesion" doc:"The share of its references to and from files that stays inside, 0 to 1."`
}

// CommunitiesAnswer lists communities, the largest first.
type CommunitiesAnswer struct {
	At
	Communities []Community `json:"communities" nullable:"false"`
	Alone       int         `json:"alone" doc:"Number of files that refer to no other file, and to which none refers."`
	Modularity  float64     `json:"modularity" doc:"How far the references differ from chance, up to 1; above 0.3 the groups are clear."`
	Next        string      `json:"-"`
}

// grouped is a kept answer.
type grouped struct {
	Communities []Community `json:"communities"`
	Alone       int         `json:"alone"`
	Modularity  float64     `json:"modularity"`
}

// Communities groups the files of a graph by Louvain's method.
func (s *Service) Communities(ctx context.Context, r CommunitiesRequest) (a CommunitiesAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	skip, err := skipped(r.After)
	if err != nil {
		return a, err
	}
	all, err := kept(ctx, s, g, "communities 1", func(ctx context.Context) (grouped, error) {
		w, err := s.readWhole(ctx, g, nil, nil)
		if err != nil {
			return grouped{}, err
		}
		return w.group(), nil
	})
	if err != nil {
		return a, err
	}
	a = CommunitiesAnswer{At: g.at, Communities: []Community{}, Alone: all.Alone, Modularity: all.Modularity}
	var list []Community
	list, a.Next = part(all.Communities, skip, r.Limit)
	a.Communities = append(a.Communities, list...)
	return a, nil
}

// group finds the communities of a graph's files.
func (w *whole) group() (a grouped) {
	net := network.New(len(w.files), w.edges)
	of, modularity := net.Communities()
	rank := net.Rank()
	members, named := w.gather(of)
	inside, all := make([]float64, len(members)), make([]float64, len(members))
	for _, e := range w.edges {
		from, to := of[e.From], of[e.To]
		all[from] += e.Weight
		if from == to {
			inside[from] += e.Weight
		} else {
			all[to] += e.Weight
		}
	}
	a.Modularity = modularity
	for c, list := range members {
		if len(list) < leastCommunity {
			a.Alone += len(list)
			continue
		}
		slices.SortStableFunc(list, func(x, y int32) int { return cmp.Compare(rank[y], rank[x]) })
		one := Community{Size: len(list)}
		one.Name, one.Path, one.Words = named(list)
		if all[c] > 0 {
			one.Cohesion = inside[c] / all[c]
		}
		for _, i := range list[:min(len(list), leadingFiles)] {
			one.Files = append(one.Files, w.files[i].Path)
		}
		a.Communities = append(a.Communities, one)
	}
	slices.SortStableFunc(a.Communities, func(x, y Community) int { return cmp.Or(y.Size-x.Size, strings.Compare(x.Files[0], y.Files[0])) })
	a.Communities = a.Communities[:min(len(a.Communities), maxCommunities)]
	return a
}

// communities returns the names of a graph's communities. of holds for each file the place of its
// community among the names, from 1, or 0 for a file that is alone.
func (w *whole) communities() (of []int, names []string) {
	of, _ = network.New(len(w.files), w.edges).Communities()
	members, named := w.gather(of)
	place := make([]int, len(members))
	for c, list := range members {
		if len(list) >= leastCommunity {
			name, _, _ := named(list)
			names = append(names, name)
			place[c] = len(names)
		}
	}
	for i, c := range of {
		of[i] = place[c]
	}
	return of, names
}

// gather lists the files of each community. named names a community by the directory and the words
// that its files have in common.
func (w *whole) gather(of []int) (members [][]int32, named func([]int32) (name, dir string, words []string)) {
	files := make(map[string]int) // number of files with each word
	words := make([][]string, len(w.files))
	for i, c := range of {
		for len(members) <= c {
			members = append(members, nil)
		}
		members[c] = append(members[c], int32(i))
		words[i] = wordsOf(w.files[i].Path)
		for _, word := range words[i] {
			files[word]++
		}
	}
	return members, func(list []int32) (name, dir string, common []string) {
		dir, common = w.directory(list), naming(list, words, files, len(w.files))
		name = cmp.Or(dir, "/")
		if len(common) > 0 {
			name += ": " + strings.Join(common, ", ")
		}
		return name, dir, common
	}
}

// directory returns the deepest directory with most of some files below it.
func (w *whole) directory(files []int32) string {
	count := make(map[string]int)
	for _, i := range files {
		for dir := path.Dir(w.files[i].Path); dir != "."; dir = path.Dir(dir) {
			count[dir]++
		}
	}
	best := ""
	for dir, n := range count {
		deeper := cmp.Or(strings.Count(dir, "/")-strings.Count(best, "/"), n-count[best], strings.Compare(best, dir))
		if float64(n) >= shareOfAPath*float64(len(files)) && (best == "" || deeper > 0) {
			best = dir
		}
	}
	return best
}

// naming returns the words that are frequent in some files and rare in all.
func naming(list []int32, words [][]string, files map[string]int, all int) []string {
	count := make(map[string]int)
	for _, i := range list {
		for _, word := range words[i] {
			count[word]++
		}
	}
	score := func(word string) float64 {
		return float64(count[word]) * math.Log(float64(all+1)/float64(files[word]))
	}
	found := slices.DeleteFunc(slices.Collect(maps.Keys(count)), func(word string) bool {
		return count[word] < leastOfAWord || float64(count[word]) < shareOfAWord*float64(len(list))
	})
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(score(b), score(a)), strings.Compare(a, b)) })
	return append([]string{}, found[:min(len(found), communityWords)]...)
}

// wordsOf returns the words of a file's name, each once.
func wordsOf(file string) (list []string) {
	base, _, _ := strings.Cut(path.Base(file), ".")
	var word []rune
	end := func() {
		text := strings.ToLower(string(word))
		if len(word) >= leastWord && text != "test" && text != "tests" && !slices.Contains(list, text) {
			list = append(list, text)
		}
		word = word[:0]
	}
	for _, r := range base {
		switch {
		case !unicode.IsLetter(r):
			end()
			continue
		case unicode.IsUpper(r) && len(word) > 0 && unicode.IsLower(word[len(word)-1]):
			end()
		}
		word = append(word, r)
	}
	end()
	return list
}
