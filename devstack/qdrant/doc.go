// Package qdrant is an in-process server of the Qdrant gRPC API, for `leat dev` and for tests. It owns a directory of
// collections. It answers as Qdrant does, but always exactly: recall is 1.
//
// If a request needs a feature that the server lacks, the answer is Unimplemented with the feature's name, and never an
// answer that ignores what the request means. A collection has at most one dense and one sparse vector. There is no
// full-text or geographical filter and no inference. The server accepts, keeps and reports settings that change no
// answer (shards, replicas, HNSW, quantization, tenant indexes), but they have no effect. If such a setting would
// spread a collection over machines or disks in production, the log says so. The server accepts optimizer settings and
// search parameters, but does not keep them.
//
// # Storage
//
// A collection is a directory with a description and two files: a log of operations, and the dense vectors, with a row
// for each upsert in the log. Both files are only appended to. They are read through a mapping, so that vectors, terms
// and payloads are in the kernel's page cache and not in this process's memory. Every upsert takes a new slot, and the
// point that it replaces leaves a dead slot. When more slots are dead than live, the collection is written anew beside
// the old files and takes their place by a rename.
//
// The data that a search scans is derived from these two files, a block of 65,536 slots at a time: the vectors as codes
// of one byte for each dimension, the inverted index of the terms, and the payload indexes. The last block grows on the
// heap. A full block is written into a file, which is mapped. Only the ids, and the places where records begin, remain
// on the heap.
//
// An operation is acknowledged when write(2) has returned. It survives the death of the process, however that dies. A
// crash of the machine loses what the kernel had not written yet, and leat rebuilds that from the catalog. A record
// that is cut off at the end of the log is dropped when the log is opened. Damage anywhere else is an error that names
// the file and the offset.
//
// A start takes full blocks from their files and reads the log from there on. It does not read the records of these
// blocks. Each of these is compared with its checksum when it is first used, and the request that comes upon damage
// gets an error.
//
// # Searches
//
// A dense query reads the codes, which bound each score from below and above. It then scores the few original vectors
// that may be among the best by these bounds. A sparse query adds up the postings of its terms. Both give the same
// scores and the same order as a scan of all points, to the last bit.
package qdrant
