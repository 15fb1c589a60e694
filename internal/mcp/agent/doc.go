// Package agent adds leat to the configurations of agents that speak the Model Context
// Protocol.
//
// It knows where each agent keeps its servers, and edits the text of that file in place:
// nothing else in the file changes, not even its white space. It writes no file.
package agent
