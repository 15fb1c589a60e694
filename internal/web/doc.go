// Package web is the door of people: pages of a leat in a browser.
//
// It turns a request into one of the service, and the answer into HTML; it holds no
// logic of its own. The gateway admits each request as it does those of the API, so that
// a page shows what the visitor's token reaches and nothing else.
//
// Pages work without scripts. With scripts, results come while one types, progress is
// live, and keys move between things. No text of a repository is ever markup: templ
// escapes it, and the Content-Security-Policy allows no script and no style but the
// files of this package, each under a name that holds the hash of its content.
package web

//go:generate go tool -modfile=../../tools/templ.mod templ generate -log-level error
