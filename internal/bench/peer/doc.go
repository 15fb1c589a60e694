// Package peer measures leat and other programs that index code, at the same work in one run.
//
// Each program gets a copy of one repository, narrowed to the files that all of them read, and goes
// through the same steps: start, the first index, the same again, one line changed, a file renamed,
// a file removed. A step lasts until a search of the program itself shows its effect. All programs
// that embed ask the same server, which gives the vectors of leat's built-in model and counts the
// texts. So the cost of a model is the same small one for all, and the differences are their own.
//
// Everything is seen from outside. leat is its own command on its embedded stores. The others are
// installed from their registries, in pinned versions, and driven by the small scripts in driver/.
// What keeps running between the steps (leat dev, Python, Node, Milvus Lite) is started before the
// first one, which is a step of its own. A program that cannot be installed is skipped, and the
// report says why.
//
// How things are counted:
//
//   - Time: by the clock, from the command or request to the search that shows the effect. The
//     commit is made before.
//   - Processor time: by /proc, of all processes of a program and their children. What a program
//     does after the step, until it rests, is counted apart.
//   - Memory: the sum of the proportional memory of these processes, ten times a second, and the
//     kernel's mark of each command that has ended.
//   - Texts: by the embedder's server. The texts of the checking searches do not count.
//
// The package owns the processes it starts and their directory. It changes no repository but its own
// copies.
package peer
