package embedder

// hashLetters is FNV-1a (Fowler, Noll, Vo; RFC 9923), followed by mix, because the last bits of FNV are weak.
func hashLetters(letters []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, b := range letters {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	return mix(h)
}

// hashPair hashes the pair (a, b). Its result differs from that of (b, a), and from a and b themselves.
func hashPair(a, b uint64) uint64 {
	return mix(a ^ (b<<1 | b>>63) ^ 0x70616972)
}

// mix is the finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014): each bit of x changes about half of the bits of the result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
