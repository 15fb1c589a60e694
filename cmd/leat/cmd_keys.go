package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/blob"
)

type keysCmd struct {
	Status keysStatusCmd `cmd:"" help:"Show how much each key has sealed in S3. Exits 1 if a key is missing."`
}

type keysStatusCmd struct{}

// keyUse is how much a key has sealed.
type keyUse struct {
	Key   string `json:"key"`   // id; "": packs that are not sealed
	State string `json:"state"` // seals, opens, missing, or open: not sealed
	Packs int64  `json:"packs"`
	Bytes int64  `json:"bytes"`
}

// keysPage is the number of packs that one statement reads.
const keysPage = 1000

func (*keysStatusCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	uses := make(map[string]*keyUse)
	for after := ""; ; {
		page, err := s.Catalog.Packs.List(ctx, after, keysPage)
		if err != nil {
			return err
		}
		for _, p := range page {
			by := blob.SealedBy(p.Key)
			if uses[by] == nil {
				uses[by] = &keyUse{Key: by}
			}
			uses[by].Packs++
			uses[by].Bytes += p.Size
			after = p.Key
		}
		if len(page) < keysPage {
			break
		}
	}
	return g.showKeys(uses)
}

// showKeys says of each key what it does.
func (g *globals) showKeys(uses map[string]*keyUse) error {
	packs, err := g.Packs()
	if err != nil {
		return err
	}
	missing := false
	if packs != nil && uses[packs.Key()] == nil {
		uses[packs.Key()] = &keyUse{Key: packs.Key()}
	}
	for id, use := range uses {
		switch {
		case id == "":
			use.State = "open"
		case packs != nil && id == packs.Key():
			use.State = "seals"
		case packs != nil && packs.Has(id):
			use.State = "opens"
		default:
			use.State, missing = "missing", true
		}
	}
	list := slices.SortedFunc(maps.Values(uses), func(a, b *keyUse) int { return cmp.Compare(a.Key, b.Key) })
	if g.JSON {
		err = g.answer.json(map[string]any{"keys": list})
	} else {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tSTATE\tPACKS\tSIZE")
		for _, use := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", cmp.Or(use.Key, "none"), use.State, number.Thousands(use.Packs), mebibytes(use.Bytes))
		}
		err = w.Flush()
	}
	if err == nil && missing {
		return errNo
	}
	return err
}
