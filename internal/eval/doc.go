// Package eval measures what searches find. It makes its questions of real
// repositories, whose authors have said what belongs to what:
//
//   - doc: a documentation comment asks for the definition that it stands at.
//     It is asked of a copy of the repository from which the comments of all
//     definitions have been taken out, and without the definition's own name,
//     by which comments of Go begin.
//   - commit: a commit's message, subject and body, asks for the definitions
//     that the commit added or changed and that are still there. Left out are
//     merges, reverts, what bots wrote, what is about versions, dependencies,
//     spelling or form, messages of less than four words, and commits that
//     touch more than five definitions. Trailers, links and numbers of issues
//     are no part of the question.
//   - name: an identifier asks for the line that defines it, if the repository
//     defines it once.
//
// Definitions are found by their first line and their indentation, and in Go by
// the parser: by nothing of the chunker that is measured. A question that has
// two answers by its own kind's rule (equal comments) is left out. Of more than
// are wanted those with the lowest hashes are asked. A bit of a question's hash
// says whether it belongs to the part for tuning or to the part that is
// reported: who changes leat by the figures looks at the former alone.
//
// A hit finds a definition if they share at least half of the lines of the
// shorter of the two. So a window that holds a function finds it, and one that
// holds its first line does not; and each part of a class that was cut finds
// the class. The name of a definition is one line. The places that a hit names
// beside its own count too.
//
// What is measured, each over the first ten hits, as a mean over questions:
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
// stores, once cut by syntax and once, by an attribute that declares all files
// plain text, by lines; and once for each embedder. The rankings compared are
// the dense vector's, the sparse vector's and both fused, as the index gives
// them, and that of leat search, which weighs, folds and joins the last.
//
// The package changes no repository: its copies are written by git
// fast-import, and no path of a repository becomes one on disk.
package eval
