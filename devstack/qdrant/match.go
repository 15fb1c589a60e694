package qdrant

import (
	"slices"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/encoding/protowire"
)

// values is a condition on a field's values. accept must accept one of them.
type values struct {
	key     string
	accept  func(scalar) bool
	indexed func(qdrant.PayloadSchemaType) bool // reports whether an index of a kind lists the values; nil if none does
	values  []string                            // in the form that an index has
}

func (v values) match(s *segment, slot uint32) bool {
	value, found := lookup(s.at(slot).payload(), v.key)
	if !found {
		return false
	}
	for one := range scalars(value) {
		if v.accept(one) {
			return true
		}
	}
	return false
}

func (v values) slots(s *segment) (lists []listing, known bool) {
	kind, found := s.indexes[v.key]
	if v.indexed == nil || !found || !v.indexed(kind) {
		return nil, false
	}
	for _, b := range s.blocks {
		f := b.part.Load().fields[v.key]
		for _, value := range v.values {
			if list, found := f.of(value); found {
				list.base = b.base
				lists = append(lists, list)
			}
		}
	}
	return lists, true
}

func parseField(c *qdrant.FieldCondition) (condition, error) {
	if err := checkKey(c.GetKey()); err != nil {
		return nil, err
	}
	switch {
	case c.GetGeoBoundingBox() != nil, c.GetGeoRadius() != nil, c.GetGeoPolygon() != nil:
		return nil, unsupported("geographical filters")
	case c.GetDatetimeRange() != nil:
		return nil, unsupported("ranges of dates")
	case c.GetValuesCount() != nil:
		return nil, unsupported("filters on the number of values")
	}
	var given []condition
	if c.GetMatch() != nil {
		matched, err := parseMatch(c.GetKey(), c.GetMatch())
		if err != nil {
			return nil, err
		}
		given = append(given, matched)
	}
	if c.GetRange() != nil {
		given = append(given, parseRange(c.GetKey(), c.GetRange()))
	}
	for _, flag := range []struct {
		wanted *bool
		holds  func([]byte, bool) bool
	}{{c.IsEmpty, isEmpty}, {c.IsNull, isNull}} {
		if flag.wanted != nil {
			given = append(given, presence{c.GetKey(), func(value []byte, found bool) bool {
				return flag.holds(value, found) == *flag.wanted
			}})
		}
	}
	switch len(given) {
	case 0:
		return nil, invalid("the condition on field %s is empty", c.GetKey())
	case 1:
		return given[0], nil
	}
	return nil, unsupported("several conditions on a field in one")
}

func parseMatch(key string, m *qdrant.Match) (condition, error) {
	switch match := m.GetMatchValue().(type) {
	case *qdrant.Match_Keyword:
		return oneOfKeywords(key, []string{match.Keyword}), nil
	case *qdrant.Match_Keywords:
		return oneOfKeywords(key, match.Keywords.GetStrings()), nil
	case *qdrant.Match_Integer:
		return oneOfIntegers(key, []int64{match.Integer}), nil
	case *qdrant.Match_Integers:
		return oneOfIntegers(key, match.Integers.GetIntegers()), nil
	case *qdrant.Match_Boolean:
		return values{key: key, accept: func(s scalar) bool { return s.kind == valueBool && s.boolean == match.Boolean }}, nil
	case *qdrant.Match_ExceptKeywords:
		except := keywordSet(match.ExceptKeywords.GetStrings())
		return values{key: key, accept: func(s scalar) bool { return other(s, valueString) || s.kind == valueString && !except[string(s.text)] }}, nil
	case *qdrant.Match_ExceptIntegers:
		except := match.ExceptIntegers.GetIntegers()
		return values{key: key, accept: func(s scalar) bool {
			return other(s, valueInteger) || s.kind == valueInteger && !slices.Contains(except, s.integer)
		}}, nil
	case *qdrant.Match_Text, *qdrant.Match_TextAny, *qdrant.Match_Phrase:
		return nil, unsupported("full-text filters")
	}
	return nil, invalid("the match on field %s is empty", key)
}

// other reports whether a value is of another kind than the values that a match excludes. Such a value matches, but
// null does not.
func other(s scalar, kind protowire.Number) bool { return s.kind != kind && s.kind != valueNull }

func keywordSet(keywords []string) map[string]bool {
	set := make(map[string]bool, len(keywords))
	for _, keyword := range keywords {
		set[keyword] = true
	}
	return set
}

func oneOfKeywords(key string, keywords []string) condition {
	set := keywordSet(keywords)
	return values{
		key:     key,
		accept:  func(s scalar) bool { return s.kind == valueString && set[string(s.text)] },
		indexed: hasKeywords, values: keywords,
	}
}

func oneOfIntegers(key string, integers []int64) condition {
	keys := make([]string, len(integers))
	for i, n := range integers {
		keys[i] = integerKey(n)
	}
	return values{
		key:     key,
		accept:  func(s scalar) bool { return s.kind == valueInteger && slices.Contains(integers, s.integer) },
		indexed: hasIntegers, values: keys,
	}
}

// parseRange uses no index. A range comes together with a narrower condition, and the values of the few slots that are
// left are quickly read.
func parseRange(key string, r *qdrant.Range) condition {
	return values{key: key, accept: func(s scalar) bool {
		var number float64
		switch s.kind {
		case valueInteger:
			number = float64(s.integer)
		case valueDouble:
			number = s.double
		default:
			return false
		}
		return (r.Lt == nil || number < *r.Lt) && (r.Lte == nil || number <= *r.Lte) &&
			(r.Gt == nil || number > *r.Gt) && (r.Gte == nil || number >= *r.Gte)
	}}
}
