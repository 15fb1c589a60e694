package qdrant

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// description is the content of a collection's collection.json. A change of the collection, such as a compaction, takes
// effect when a new file is renamed into place.
type description struct {
	Name    string                              `json:"name"`
	Epoch   int                                 `json:"epoch"` // says which files are current
	Shape   shape                               `json:"shape"`
	Indexes map[string]qdrant.PayloadSchemaType `json:"indexes"`
	Tenant  string                              `json:"tenant,omitempty"` // the field whose index is a tenant index
	Tuning  tuning                              `json:"tuning,omitzero"`
}

const descriptionFile = "collection.json"

// collection is an open collection. A request that changes it holds writing throughout. While it changes what readers
// see, it also holds guard.
type collection struct {
	dir   string
	log   *slog.Logger
	name  string
	shape shape

	writing    sync.Mutex
	operations uint64 // number of the last operation

	guard   sync.RWMutex
	current description
	segment *segment // nil if closed
}

// createCollection writes a new collection into dir, which must not exist yet.
func createCollection(dir string, d description, log *slog.Logger) (*collection, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := saveJSON(filepath.Join(dir, descriptionFile), d); err != nil {
		return nil, err
	}
	return openCollection(dir, log)
}

func openCollection(dir string, log *slog.Logger) (*collection, error) {
	c := &collection{dir: dir, log: log}
	if err := loadJSON(filepath.Join(dir, descriptionFile), &c.current); err != nil {
		return nil, err
	}
	c.name, c.shape = c.current.Name, c.current.Shape
	if c.current.Indexes == nil {
		c.current.Indexes = map[string]qdrant.PayloadSchemaType{}
	}
	if err := c.sweep(); err != nil {
		return nil, err
	}
	var err error
	c.segment, err = openSegment(dir, c.current.Epoch, c.shape, c.current.Indexes, log)
	if err != nil {
		return nil, fmt.Errorf("open collection %s: %w", c.name, err)
	}
	return c, nil
}

// sweep removes the remains of an interrupted compaction.
func (c *collection) sweep() error {
	files, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	keep := []string{descriptionFile, filepath.Base(logPath("", c.current.Epoch)), filepath.Base(vectorsPath("", c.current.Epoch))}
	for _, file := range files {
		if !slices.Contains(keep, file.Name()) && !isBlock(file.Name(), c.current.Epoch) {
			err = errors.Join(err, os.Remove(filepath.Join(c.dir, file.Name())))
		}
	}
	return err
}

// close waits for running requests and closes the files. Later requests find no collection.
func (c *collection) close() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.guard.Lock()
	defer c.guard.Unlock()
	if c.segment == nil {
		return nil
	}
	closed := c.segment
	c.segment = nil
	return closed.close(true)
}

// read runs fn while nothing changes. If fn comes upon a damaged record, that is the error.
func (c *collection) read(fn func(*segment) error) (err error) {
	defer c.explain(&err)
	defer catch(&err)
	c.guard.RLock()
	defer c.guard.RUnlock()
	if c.segment == nil {
		return noCollection(c.name)
	}
	return fn(c.segment)
}

// explain gives an error about damage its status.
func (c *collection) explain(err *error) {
	if damage := (*corruptError)(nil); errors.As(*err, &damage) {
		c.log.Error("a collection is damaged", "collection", c.name, "error", damage)
		*err = status.Error(codes.DataLoss, damage.Error())
	}
}

// change asks plan what to write, writes it, and makes it visible all at once. Requests that change the collection run
// one after the other.
func (c *collection) change(plan func(*segment) ([]record, []pointID, error)) (operation uint64, err error) {
	defer c.explain(&err)
	defer catch(&err)
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.segment == nil {
		return 0, noCollection(c.name)
	}
	c.operations++
	records, deleted, err := plan(c.segment)
	if err != nil || len(records) == 0 && len(deleted) == 0 {
		return c.operations, err
	}
	written, err := c.segment.write(records, deleted)
	if err != nil {
		return 0, status.Errorf(codes.Unavailable, "write to collection %s: %v", c.name, err)
	}
	c.guard.Lock()
	c.segment.apply(written)
	c.guard.Unlock()
	c.segment.seal()
	if c.segment.wasteful() {
		if err := c.compact(); err != nil {
			c.log.Error("compaction failed; the collection keeps its old files", "collection", c.name, "error", err)
		}
	}
	return c.operations, nil
}

// compactBatch is the number of points that a compaction copies at once. It bounds the memory to some MiB.
const compactBatch = 1000

// compact writes the live points into the files of the next epoch, makes these the current files, and removes the old
// ones. Readers go on meanwhile.
func (c *collection) compact() error {
	next, err := openSegment(c.dir, c.current.Epoch+1, c.shape, c.current.Indexes, c.log)
	if err != nil {
		return err
	}
	if err := c.copyTo(next); err != nil {
		return errors.Join(err, next.remove())
	}
	renewed := c.current
	renewed.Epoch++
	if err := saveJSON(filepath.Join(c.dir, descriptionFile), renewed); err != nil {
		return errors.Join(err, next.remove())
	}
	old := c.segment
	c.guard.Lock()
	c.segment, c.current = next, renewed
	c.guard.Unlock()
	return old.remove()
}

// copyTo copies the live points into the files of another segment.
func (c *collection) copyTo(next *segment) (err error) {
	defer catch(&err)
	for slots := range slices.Chunk(slices.Collect(c.segment.live.all()), compactBatch) {
		records := make([]record, len(slots))
		for i, slot := range slots {
			records[i] = c.segment.record(slot)
		}
		written, err := next.write(records, nil)
		if err != nil {
			return err
		}
		next.apply(written)
		next.seal()
	}
	return errors.Join(next.vectors.Sync(), next.log.Sync())
}

// setIndex adds the index of a field, or removes it if kind is nil. A tenant index is recorded as such, and works like
// any other.
func (c *collection) setIndex(name string, kind *qdrant.PayloadSchemaType, tenant bool) (operation uint64, err error) {
	defer c.explain(&err)
	defer catch(&err)
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.segment == nil {
		return 0, noCollection(c.name)
	}
	c.operations++
	renewed := c.current
	renewed.Indexes = maps.Clone(c.current.Indexes)
	var built []*field // one for each block
	if kind == nil {
		delete(renewed.Indexes, name)
	} else {
		if tenant {
			renewed.Tenant = name
		}
		if present, found := c.current.Indexes[name]; found && present == *kind && renewed.Tenant == c.current.Tenant {
			return c.operations, nil
		}
		renewed.Indexes[name] = *kind
		for _, b := range c.segment.blocks {
			built = append(built, c.segment.indexBlock(b, name, *kind))
		}
	}
	if err := saveJSON(filepath.Join(c.dir, descriptionFile), renewed); err != nil {
		return 0, status.Errorf(codes.Unavailable, "index field %s of collection %s: %v", name, c.name, err)
	}
	c.guard.Lock()
	defer c.guard.Unlock()
	c.current = renewed
	c.segment.setIndexes(renewed.Indexes, name, built)
	return c.operations, nil
}

func loadJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s is damaged: %w; restore the file, or remove its directory and let leat index again", path, err)
	}
	return nil
}

// saveJSON replaces a file atomically.
func saveJSON(path string, from any) error {
	data, err := json.MarshalIndent(from, "", "\t")
	if err != nil {
		return err
	}
	temporary := path + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
