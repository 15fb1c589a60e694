// Package web is the door of people: pages of a leat in a browser.
//
// It turns a request into one of the service, and the answer into HTML. It holds no logic of its
// own. The gateway admits each request in the same way as those of the API, so that a page shows
// what the visitor's token reaches and nothing else.
//
// Pages work without scripts. With scripts, results come while a person types, progress is live,
// and keys move the focus. No text of a repository is ever markup: templ escapes it. The
// Content-Security-Policy allows no scripts and styles except the files of this package. The name
// of each file holds the hash of its content.
package web

//go:generate go tool -modfile=../../tools/templ.mod templ generate -log-level error
