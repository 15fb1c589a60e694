// Package eval measures what searches find. It takes its questions from real
// repositories, in which comments, commits and names belong to definitions:
//
//   - doc: a documentation comment asks for its definition. The comment loses
//     the definition's own name, with which comments of Go begin, and the
//     searched copy of the repository has no comments of definitions.
//   - commit: a commit's message, subject and body, asks for the definitions
//     that the commit added or changed and that still exist. Merges, reverts,
//     commits of bots, commits about versions, dependencies, spelling or form,
//     messages of fewer than four words, and commits that touch more than five
//     definitions are left out. Trailers, links and numbers of issues are not
//     part of the question.
//   - name: an identifier asks for the line that defines it, if the repository
//     defines it once.
//
// Definitions are found by their first line and their indentation, and in Go by
// the parser, but never by the chunker that is measured. A question that has
// two answers by the rule of its own kind (equal comments) is left out. If
// there are too many questions, those with the lowest hashes are asked. A bit
// of a question's hash says whether it belongs to the part for tuning or to the
// reported part. Use only the former to tune leat.
//
// A hit finds a definition if they share at least half of the lines of the
// shorter of the two. So a window that holds a function finds it, one that
// holds its first line does not, and each part of a class that was cut finds
// the class. The name of a definition is one line. The other places that a hit
// names count too.
//
// The measures are means over questions, each for the first ten hits:
//
//   - MRR: 1/rank of the first hit that finds something, 0 if none does (E.
//     Voorhees, "The TREC-8 question answering track report", 1999).
//   - recall: the share of the answers that are found.
//   - nDCG: the sum of 1/log2(rank+1) over the hits that find something that no
//     hit before did, divided by that sum if as many hits as there are answers
//     came first (K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation
//     of IR techniques", TOIS 20(4), 2002, with gains of 0 and 1).
//
// The repositories go through a whole leat with its four workers and embedded
// stores: once for each embedder, and each time once cut by syntax and once by
// lines (an attribute declares all files plain text). The compared rankings are
// that of the dense vector, that of the sparse vector, both fused, as the index
// gives them, and that of leat search, which weighs, folds and joins the last.
//
// The package changes no repository: its copies are written by git
// fast-import, and no path of a repository becomes one on disk.
package eval
