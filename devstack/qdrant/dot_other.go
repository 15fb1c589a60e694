//go:build !amd64

package qdrant

// dotRows writes the dot products of query with each row of codes to out. Each row is as long as the query.
func dotRows(query []int16, rows []int8, out []int32) { dotRowsGo(query, rows, out) }
