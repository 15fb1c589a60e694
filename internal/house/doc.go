// Package house holds no code. Its tests check the rules of this tree.
package house
