// Package secret finds secrets in texts and masks them. Secrets are private keys, tokens of clouds, forges and other
// services, and passwords in URLs and in assignments.
//
// It owns the rules. They follow the formats that providers publish, and work in two steps. First, one pass over the
// bytes finds the keywords of all rules at once. Then hand-written matchers look at the text around a keyword, each at
// a bounded number of bytes. So most of a text costs one table look-up for each byte, whatever the number of rules, and
// no text costs much more.
//
// [Mask] is a pure function of the text and of [Version]. A masked text has the length and the line breaks of the
// original, so that a span of one is the same span of the other. A finding names the rule and the place, never the
// secret.
package secret
