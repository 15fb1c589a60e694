// Package access says who asks, and what they may reach. It owns the form of a token, its scopes,
// its repositories, and how a request carries them.
//
// A token is leat_, 30 random characters of 0-9A-Za-z (178 bits), and 6 characters of a checksum,
// by which a scanner tells a token from a similar word. A token is shown once, and stored as its
// SHA-256. It needs no slow hash: such a hash protects secrets that people choose, but nobody
// guesses 178 random bits, however fast a guess is checked.
//
// The package decides and stores nothing. internal/service authenticates a token
// against the catalog, and every door asks the Grant.
package access
