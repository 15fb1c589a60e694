// Package mcp is the door to a leat for agents: tools of the Model Context Protocol,
// over Streamable HTTP and over standard input and output.
//
// It owns how tools are described to a model, and how the service's answers read as
// text: code as it stands in the file, each piece under one line that says where it is,
// of which commit, and how fresh. It holds no logic of its own: internal/service finds,
// reads and packs.
//
// Answers are bounded in tokens. What was cut says how to get the rest, an empty answer
// says why, and an error is a result that says what to do.
package mcp
