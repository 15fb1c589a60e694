// Package number writes numbers for people to read.
package number

import "strconv"

// Thousands writes a number with a comma before each three digits.
func Thousands[N int | int64](n N) string {
	text := strconv.FormatInt(int64(n), 10)
	first := 0
	if n < 0 {
		first = 1 // after the sign
	}
	for i := len(text) - 3; i > first; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
