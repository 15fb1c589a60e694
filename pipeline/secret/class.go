package secret

// class is a set of bytes.
type class [256]bool

func classOf(sets ...string) *class {
	var c class
	for _, set := range sets {
		for i := 0; i < len(set); i++ {
			c[set[i]] = true
		}
	}
	return &c
}

const (
	digits = "0123456789"
	lowers = "abcdefghijklmnopqrstuvwxyz"
	uppers = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

var (
	digit       = classOf(digits)
	hexClass    = classOf(digits, "abcdef")
	hexDash     = classOf(digits, "abcdef-")
	lowAlnum    = classOf(digits, lowers)
	upAlnum     = classOf(digits, uppers)
	letter      = classOf(lowers, uppers)
	alnum       = classOf(digits, lowers, uppers)
	word        = classOf(digits, lowers, uppers, "_")
	urlSafe     = classOf(digits, lowers, uppers, "_-") // base64url
	dotted      = classOf(digits, lowers, uppers, "_-.")
	base64Class = classOf(digits, lowers, uppers, "+/=")
)

// run returns the end of the run of c's bytes that begins at at. It looks at up to most bytes.
func (c *class) run(text []byte, at, most int) int {
	end := min(len(text), at+most)
	for at < end && c[text[at]] {
		at++
	}
	return at
}

// back returns the beginning of the run of c's bytes that ends at at. It looks at up to most bytes.
func (c *class) back(text []byte, at, most int) int {
	begin := max(0, at-most)
	for at > begin && c[text[at-1]] {
		at--
	}
	return at
}

// before reports whether the byte before at is in c.
func (c *class) before(text []byte, at int) bool { return at > 0 && c[text[at-1]] }
