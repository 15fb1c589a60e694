// Package child cuts texts in processes of their own. A grammar's scanner is C code that
// anybody's text reaches. If it crashes or loops, or if a parse asks for more memory than
// the kernel allows, the file is cut without its syntax, and the worker goes on.
//
// A child is the same program, started again with a variable in its environment.
// The program has to ask for it first thing in main, before it reads flags:
//
//	func main() {
//		child.Main()
//		…
//
// [New] refuses to start children of a program that does not; such a program cuts
// in its own process, by [InProcess]. The results are the same, since package
// chunk bounds each parse by counting; only the second fence is missing.
//
// Parent and child speak over the child's standard input and output. A request
// is the lengths of the language and the text, 4 bytes each in big-endian
// order, and then both. Several may be under way; they are answered in order. An
// answer is its length, 4 bytes, the encoded facts with their length before them,
// and a list of spans: four varints and two strings each.
package child
