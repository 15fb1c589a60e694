// Package graph makes the symbol graph of a track: it resolves the references in the track's files to the definitions
// that they mean.
//
// It owns how a reference is resolved, how sure the result is, and the encoded form of edges. It does not parse. Facts
// come from the catalog, and a blob whose facts are missing is cut again.
//
// The graph is derived from the documents of a track. The catalog compares revisions, and so knows after each snapshot
// that a graph is owed. Each file keeps the hashes of all names that its resolution has looked up. A run resolves two
// kinds of files again: files whose facts changed, and files that have looked up a name whose definition in one of
// these was added, removed or changed. So the graph does not depend on its history.
//
// An edge is never invented. It says by which strategy it was found. If a name has several definitions, each is a
// candidate. A reference that cannot be resolved stays unresolved.
package graph
