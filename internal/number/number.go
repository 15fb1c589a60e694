// Package number writes numbers for people to read.
package number

import "strconv"

// Whole is any type of whole numbers that this package writes.
type Whole interface {
	~int | ~int32 | ~int64 | ~uint64
}

// Thousands writes a number with commas between groups of three digits.
func Thousands[N Whole](n N) string {
	text := strconv.FormatUint(uint64(n), 10)
	first := 0
	if n < 0 {
		text = strconv.FormatInt(int64(n), 10)
		first = 1 // after the sign
	}
	for i := len(text) - 3; i > first; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Count writes a number and the noun that it counts.
func Count[N Whole](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}
