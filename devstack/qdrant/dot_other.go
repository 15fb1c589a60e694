//go:build !amd64

package qdrant

// dotRows computes the dot products of query with the rows of codes, into out.
// Each row is as long as the query.
func dotRows(query []int16, rows []int8, out []int32) { dotRowsGo(query, rows, out) }
