// Package mcp is the door to a leat for agents: tools of the Model Context Protocol,
// over Streamable HTTP and over standard input and output.
//
// It owns the descriptions of tools for a model, and the form of the service's answers as text.
// Code is shown unchanged, each piece under a line with its place, its commit and how fresh it is.
// The package holds no logic of its own: internal/service finds, reads and packs.
//
// Answers are bounded in tokens. A cut answer says how to get the rest, an empty one says why, and
// an error is a result that says what to do.
package mcp
