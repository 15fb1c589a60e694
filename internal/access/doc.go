// Package access says who asks, and what they may reach: the form of a token, its
// scopes, its repositories, and how a request carries them.
//
// A token is leat_, 30 random characters of 0-9A-Za-z (178 bits), and 6 of a checksum,
// by which a scanner tells a token from a word that looks like one. A token is shown
// once, and stored as its SHA-256: a slow hash protects secrets that people choose,
// and 178 random bits cannot be guessed however fast a guess is checked.
//
// The package decides and stores nothing. internal/service authenticates a token
// against the catalog, and every door asks the Grant.
package access
