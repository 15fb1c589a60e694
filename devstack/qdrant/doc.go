// Package qdrant is an in-process server of the Qdrant gRPC API, for `leat
// dev` and for tests. It owns a directory of collections and answers as Qdrant
// does, exactly: recall is 1.
//
// A request for a feature that it lacks is answered with Unimplemented and the
// feature's name, and never with an answer that ignores the request's meaning.
// A collection has at most one dense and one sparse vector. There is no
// full-text or geographical filter and no inference. Settings that change no
// answer (shards, replicas, HNSW, quantization, tenant indexes) are accepted, kept
// and reported, and have no effect; the log says so of those that a production
// server would spread over machines or disks. Optimizer settings and search
// parameters are accepted and not kept.
//
// # Storage
//
// A collection is a directory of two files beside its description: a log of
// operations and the dense vectors, a row for each upsert of the log. Both are
// only appended to, and read through a mapping, so that vectors, terms and
// payloads are the kernel's page cache and not this process's memory. Every
// upsert takes a new slot, and the point that it replaces leaves a dead one;
// when more slots are dead than live, the collection is written anew beside
// itself and takes the old one's place by a rename.
//
// What a search scans is derived from these two, a block of 65,536 slots at a time:
// the vectors as codes of one byte a dimension, the inverted index of the terms, and
// the payload indexes. The last block grows on the heap. A full block is written into
// a file, which is mapped; on the heap remain the ids and where each record begins.
//
// An operation is acknowledged when write(2) has returned: it survives the
// death of the process, however it dies, and a crash of the machine loses what
// the kernel had not written yet (leat rebuilds it from the catalog). A record
// cut off at the end of the log is dropped when it is opened; damage anywhere
// else is an error that names the file and the offset.
//
// A start takes full blocks from their files and reads the log from there on. It does
// not read the records of these blocks: each is compared with its checksum when it is
// first used, and damage is an error of the request that comes upon it.
//
// # Searches
//
// A dense query reads the codes, which bound each score from below and above, and
// scores the few vectors that may be among the best by these bounds as they are. A
// sparse query adds up the postings of its terms. Both give the scores and the order of
// a scan of all points, to the last bit.
package qdrant
