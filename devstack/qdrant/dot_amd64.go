package qdrant

import processor "golang.org/x/sys/cpu"

// dotRowsAVX2 is dotRowsGo for a width that is a positive multiple of codeLane.
//
//go:noescape
func dotRowsAVX2(query *int16, rows *int8, n, width int, out *int32)

// dotRows writes the dot products of query with each row of codes to out. Each row is as long as the query.
func dotRows(query []int16, rows []int8, out []int32) {
	if len(out) == 0 || !processor.X86.HasAVX2 {
		dotRowsGo(query, rows, out)
		return
	}
	_ = rows[len(out)*len(query)-1]
	dotRowsAVX2(&query[0], &rows[0], len(out), len(query), &out[0])
}
