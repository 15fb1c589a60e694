// Package house holds the tests of the rules of this tree.
package house
