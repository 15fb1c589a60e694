package embed

import "sync"

// keptBytes bounds the size of the kept records, to about four packs.
const keptBytes = 16 << 20

// kept holds the records of texts that were embedded and could not be stored. While a store is down, later attempts do
// not ask the model again for those texts.
type kept struct {
	limit int // in bytes; a record that does not fit is not kept

	mu      sync.Mutex
	size    int
	records map[[32]byte][]byte
}

func newKept(limit int) *kept { return &kept{limit: limit, records: make(map[[32]byte][]byte)} }

// get returns the record of each text, or nil if none is kept.
func (k *kept) get(texts []text) [][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := make([][]byte, len(texts))
	for i, t := range texts {
		found[i] = k.records[t.hash]
	}
	return found
}

// add keeps records that could not be stored. When there is no room, it drops all others: otherwise the records of
// texts that nobody asks for again would fill it for good.
func (k *kept) add(hashes [][32]byte, records [][]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, hash := range hashes {
		if _, have := k.records[hash]; have || len(records[i]) > k.limit {
			continue
		}
		if k.size+len(records[i]) > k.limit {
			clear(k.records)
			k.size = 0
		}
		k.records[hash] = records[i]
		k.size += len(records[i])
	}
}

// drop removes records that have been stored.
func (k *kept) drop(hashes [][32]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, hash := range hashes {
		k.size -= len(k.records[hash])
		delete(k.records, hash)
	}
}
