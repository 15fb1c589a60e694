package testenv

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/vector/qdrant"
)

// Index returns the name of an index, which is that of the stack's database. No other test uses it,
// and all users of the same stack do. So tests may share a vector store.
func Index(e devstack.Endpoints) string {
	u, err := url.Parse(e.Postgres)
	if err != nil {
		return "" // no configuration accepts it
	}
	return path.Base(u.Path)
}

func qdrantGiven() bool { return os.Getenv("LEAT_QDRANT_URL") != "" }

// dropIndex removes the collections of the stack's index. It has a context of its own, because the
// test's context has ended when its clean-up runs.
func dropIndex(e devstack.Endpoints) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	store, err := qdrant.Open(ctx, qdrant.Config{URL: e.Qdrant, APIKey: os.Getenv("LEAT_QDRANT_API_KEY"), PlaintextKey: true})
	if err != nil {
		return err
	}
	defer store.Close()
	names, err := store.Collections(ctx)
	for _, name := range names {
		if strings.HasPrefix(name, Index(e)+"_") {
			err = errors.Join(err, store.DropCollection(ctx, name))
		}
	}
	return err
}
