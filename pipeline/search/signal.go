package search

import "slices"

// Signal is a rule of the ranking. docs/quality.md says how much each rule gains.
type Signal struct {
	Name     string
	About    string
	Constant float64
	How      float64 // the constant for a query that asks how, where or why; if 0, Constant
	Parts    float64 // the constant for any query that wants several parts of a file ([Query]); if 0, Constant
	Source   string  // where the constant comes from

	// measure returns how far the rule applies to a candidate, mostly from 0 to 1. combine changes the candidate's
	// boost accordingly.
	measure func(q *question, c *candidate) float64
	combine func(boost, measure, constant float64) float64
	// spread changes scores by what else is in the list. It follows the rules that look at one candidate.
	spread func(q *question, list []candidate, constant float64)
	// read does the same to the best candidates once their texts have been read.
	read func(q *question, list []candidate, constant float64)
}

const (
	byBenchmark = "tuned on one half of the benchmark's repositories, kept for its gain on the other (docs/quality.md)"
	byOwn       = "measured by make eval (docs/quality.md)"
)

// signals holds all rules in the order in which they apply: first the rules that raise a candidate, then those that
// lower it, then those that depend on the other candidates.
var signals = []Signal{
	{
		Name: "symbol", About: "the words of the definition's name are those of the query (Dice's measure)",
		Constant: 3, Source: byOwn, measure: symbolShare, combine: add,
	},
	{
		Name: "definition", About: "the query names the definition, letter by letter, as a name of its own or with what it belongs to",
		Constant: 2, Source: byBenchmark, measure: named, combine: add,
	},
	{
		Name: "covered", About: "the query holds the words of the definition's name, whatever else it holds",
		Constant: 0.6, Source: byBenchmark, measure: covered, combine: add,
	},
	{
		Name: "path", About: "the path holds words of the query",
		Constant: 1, Source: byBenchmark, measure: pathShare, combine: add,
	},
	{
		Name: "file name", About: "the query holds the words of the file's name",
		Constant: 1.5, Source: byBenchmark, measure: nameShare, combine: add,
	},
	{
		Name: "file", About: "the query is, or contains, the name of the file or the end of its path",
		Constant: 1, Source: byBenchmark, measure: fileNamed, combine: add,
	},
	{
		Name: "test", About: "tests and fixtures come behind what they test, unless the query asks for tests",
		Constant: 0.6, How: 0.4, Source: byBenchmark, measure: plays(roleTest), combine: scale,
	},
	{
		Name: "example", About: "examples and benchmarks come behind what they use, unless the query asks for them",
		Constant: 0.6, Source: byBenchmark, measure: plays(roleExample), combine: scale,
	},
	{
		Name: "prose", About: "documentation comes behind code, unless the query asks for documentation",
		Constant: 0.2, Source: byBenchmark, measure: plays(roleProse), combine: scale,
	},
	{
		Name: "siblings", About: "other good chunks of a file raise its best one, more so if the query asks how or where",
		Constant: 0.25, How: 0.5, Source: byBenchmark, spread: siblings,
	},
	{
		Name: "repeat", About: "each further chunk of a file loses, so that one file does not fill the page",
		Constant: 0.95, Parts: 0.8, Source: byBenchmark, spread: repeats,
	},
	{
		Name: "gathered", About: "the read chunks of a file together hold the words of the query; this raises the best of them",
		Constant: 0.2, Source: byBenchmark, read: gathered,
	},
}

// Signals returns all rules of the ranking, in the order in which they apply.
func Signals() []Signal { return slices.Clone(signals) }

func (s Signal) constant(q *question) float64 {
	switch {
	case q.parts && s.Parts != 0:
		return s.Parts
	case !q.parts && q.how && s.How != 0:
		return s.How
	}
	return s.Constant
}

// The conversions keep the compiler from fusing the operations. Fused operations would change the last digit on some
// machines.

func add(boost, measure, weight float64) float64 { return boost + float64(weight*measure) }

func scale(boost, measure, factor float64) float64 {
	return boost * (1 - float64(measure*(1-factor)))
}

// apply scores the candidates. It is a pure function of the query's words and of the candidates' payloads and fused
// scores. It folds the copies of one text into one candidate. Copies have equal scores in both rankings.
func apply(rules []Signal, q *question, list []candidate) []candidate {
	q.anywhere = q.name && !slices.ContainsFunc(list, func(c candidate) bool { return named(q, &c) > 0 })
	q.meet(list)
	for i := range list {
		c := &list[i]
		boost := 1.0
		for _, rule := range rules {
			if rule.measure != nil {
				boost = rule.combine(boost, rule.measure(q, c), rule.constant(q))
			}
		}
		c.boost = float32(boost)
		c.hit.Score = c.fused * c.boost
	}
	list = fold(list, (*candidate).span)
	rank(list)
	for _, rule := range rules {
		if rule.spread != nil {
			rule.spread(q, list, rule.constant(q))
			rank(list)
		}
	}
	return list
}
