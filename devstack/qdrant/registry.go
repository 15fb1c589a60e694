package qdrant

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// registry holds the collections and aliases of a directory:
//
//	LOCK                 held while a server uses the directory
//	aliases.json         alias → collection
//	collections/NNNNNN/  a collection; one without description is not finished
type registry struct {
	dir  string
	log  *slog.Logger
	lock *os.File

	mu          sync.RWMutex
	collections map[string]*collection
	aliases     map[string]string
	next        int // the number of the next directory
}

const (
	aliasFile      = "aliases.json"
	collectionsDir = "collections"
	removedSuffix  = ".removed"
)

func openRegistry(dir string, log *slog.Logger) (*registry, error) {
	r := &registry{dir: dir, log: log, collections: map[string]*collection{}, aliases: map[string]string{}, next: 1}
	if err := os.MkdirAll(filepath.Join(dir, collectionsDir), 0o700); err != nil {
		return nil, err
	}
	if err := r.acquire(); err != nil {
		return nil, err
	}
	if err := r.load(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// acquire takes the directory for this process. The kernel releases it, however the process ends.
func (r *registry) acquire() error {
	f, err := os.OpenFile(filepath.Join(r.dir, "LOCK"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("lock %s: %w: another server uses this directory: stop it, or give another one", r.dir, err), f.Close())
	}
	r.lock = f
	return nil
}

func (r *registry) load() error {
	if err := loadJSON(filepath.Join(r.dir, aliasFile), &r.aliases); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(r.dir, collectionsDir))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(r.dir, collectionsDir, entry.Name())
		_, err := os.Stat(filepath.Join(path, descriptionFile))
		if errors.Is(err, fs.ErrNotExist) || strings.HasSuffix(entry.Name(), removedSuffix) {
			if err := os.RemoveAll(path); err != nil { // its creation or its removal was interrupted
				return err
			}
			continue
		}
		c, err := openCollection(path, r.log)
		if err != nil {
			return err
		}
		r.collections[c.name] = c
		var number int
		if _, err := fmt.Sscanf(entry.Name(), "%d", &number); err == nil {
			r.next = max(r.next, number+1)
		}
	}
	maps.DeleteFunc(r.aliases, func(_, name string) bool { return r.collections[name] == nil })
	return nil
}

func (r *registry) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	for _, c := range r.collections {
		err = errors.Join(err, c.close())
	}
	clear(r.collections)
	return errors.Join(err, r.lock.Close())
}

// get finds a collection by its name or by an alias.
func (r *registry) get(name string) (*collection, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if c := r.collections[name]; c != nil {
		return c, nil
	}
	if c := r.collections[r.aliases[name]]; c != nil {
		return c, nil
	}
	return nil, noCollection(name)
}

func (r *registry) names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.collections))
}

func (r *registry) create(name string, shape shape, tuning tuning) error {
	if name == "" || len(name) > 255 || strings.ContainsAny(name, "<>:\"/\\|?*\x00\x1f") {
		return invalid("collection name %q must have 1 to 255 bytes, none of <>:\"/\\|?*", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.collections[name] != nil {
		return status.Errorf(codes.AlreadyExists, "Wrong input: Collection `%s` already exists!", name)
	}
	if r.aliases[name] != "" {
		return invalid("Can't create collection with name %s. Alias with the same name already exists", name)
	}
	dir := filepath.Join(r.dir, collectionsDir, fmt.Sprintf("%06d", r.next))
	r.next++
	c, err := createCollection(dir, description{Name: name, Epoch: 1, Shape: shape, Tuning: tuning}, r.log)
	if err != nil {
		return status.Errorf(codes.Unavailable, "create collection %s: %v", name, err)
	}
	r.collections[name] = c
	if list := tuning.idle(); len(list) > 0 {
		r.log.Warn("the embedded server keeps these settings of a collection and does not act on them; a Qdrant server does", "collection", name, "settings", list)
	}
	return nil
}

// drop removes a collection and its aliases. It reports whether there was one.
func (r *registry) drop(name string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.collections[name]
	if c == nil {
		return false, nil
	}
	removed := c.dir + removedSuffix
	if err := os.Rename(c.dir, removed); err != nil {
		return false, status.Errorf(codes.Unavailable, "drop collection %s: %v", name, err)
	}
	delete(r.collections, name)
	maps.DeleteFunc(r.aliases, func(_, target string) bool { return target == name })
	err := errors.Join(saveJSON(filepath.Join(r.dir, aliasFile), r.aliases), c.close(), os.RemoveAll(removed))
	if err != nil {
		return true, status.Errorf(codes.Unavailable, "drop collection %s: %v", name, err)
	}
	return true, nil
}

// alter applies all actions to the aliases, or none.
func (r *registry) alter(actions []*qdrant.AliasOperations) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	aliases := maps.Clone(r.aliases)
	for _, action := range actions {
		if err := r.alterOne(aliases, action); err != nil {
			return err
		}
	}
	if err := saveJSON(filepath.Join(r.dir, aliasFile), aliases); err != nil {
		return status.Errorf(codes.Unavailable, "change aliases: %v", err)
	}
	r.aliases = aliases
	return nil
}

func (r *registry) alterOne(aliases map[string]string, action *qdrant.AliasOperations) error {
	switch one := action.GetAction().(type) {
	case *qdrant.AliasOperations_CreateAlias:
		alias, target := one.CreateAlias.GetAliasName(), one.CreateAlias.GetCollectionName()
		if r.collections[target] == nil {
			return noCollection(target)
		}
		if alias == "" || r.collections[alias] != nil {
			return invalid("alias %q must have a name, and not that of a collection", alias)
		}
		aliases[alias] = target
	case *qdrant.AliasOperations_RenameAlias:
		target, found := aliases[one.RenameAlias.GetOldAliasName()]
		if !found {
			return notFound("Alias %s does not exists!", one.RenameAlias.GetOldAliasName())
		}
		delete(aliases, one.RenameAlias.GetOldAliasName())
		aliases[one.RenameAlias.GetNewAliasName()] = target
	case *qdrant.AliasOperations_DeleteAlias:
		delete(aliases, one.DeleteAlias.GetAliasName())
	default:
		return invalid("an alias action is empty")
	}
	return nil
}

// listAliases returns the aliases of a collection, or all.
func (r *registry) listAliases(collection string) []*qdrant.AliasDescription {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []*qdrant.AliasDescription
	for _, alias := range slices.Sorted(maps.Keys(r.aliases)) {
		if collection == "" || r.aliases[alias] == collection {
			list = append(list, &qdrant.AliasDescription{AliasName: alias, CollectionName: r.aliases[alias]})
		}
	}
	return list
}
