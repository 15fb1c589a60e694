// Package graph makes the graph of a track: it resolves the references of its
// files to the definitions that they mean.
//
// It owns how a reference is resolved, how sure that is, and the encoded form of
// edges. It does not parse: facts come from the catalog, and a blob whose facts are
// missing is cut again.
//
// The graph is derived from the documents of a track, and the catalog says when it
// is owed: after each snapshot, by comparing revisions. A run changes the files
// whose facts changed, and those whose resolution has looked up a name that these
// files define, defined or define otherwise; each file keeps the hashes of all names
// that its resolution has looked up. So the graph is the same after any history.
//
// An edge is never invented: it says by which strategy it was found, several
// definitions of one name are several candidates, and what cannot be resolved
// stays so.
package graph
