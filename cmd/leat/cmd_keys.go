package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type keysCmd struct {
	Status keysStatusCmd `cmd:"" help:"Show how much each key has sealed in S3. Exits 1 if a key is missing."`
	List   keysListCmd   `cmd:"" help:"List the keys: when each was made, and by which key it is wrapped."`
	Rotate keysRotateCmd `cmd:"" help:"Make a new key, or wrap all keys by another one. Nothing has to stop."`

	Create  keysCreateCmd  `cmd:"" help:"Give a tenant a key of its own, so that its texts are shared with nobody and can be destroyed with the key."`
	Destroy keysDestroyCmd `cmd:"" help:"Destroy a tenant's own keys for good: nobody can read its texts after that."`
}

type keysStatusCmd struct{}

func (*keysStatusCmd) Run(ctx context.Context, g *globals) error {
	a, err := g.keys(ctx)
	if err != nil {
		return err
	}
	if g.JSON {
		err = g.answer.json(a)
	} else {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tSTATE\tOF\tPACKS\tSIZE")
		for _, k := range a.Keys {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", cmp.Or(k.Key, "none"), k.State, ofKey(k), number.Thousands(k.Packs), mebibytes(k.Bytes))
		}
		err = w.Flush()
	}
	if err == nil && slices.ContainsFunc(a.Keys, func(k service.PackKey) bool { return k.State == service.KeyMissing }) {
		return errNo
	}
	return err
}

// keys asks for the keys of packs.
func (g *globals) keys(ctx context.Context) (a service.KeysAnswer, err error) {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return a, err
	}
	defer s.close()
	return s.leat.Keys(ctx)
}

// ofKey says to whom a key belongs.
func ofKey(k service.PackKey) string { return cmp.Or(k.Tenant, "installation") }

type keysListCmd struct{}

func (*keysListCmd) Run(ctx context.Context, g *globals) error {
	a, err := g.keys(ctx)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tSTATE\tOF\tDOMAIN\tCREATED\tWRAPPED BY\tDESTROYED")
	for _, k := range a.Keys {
		if k.Key == "" {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.Key, k.State, ofKey(k), dash(k.Domain), day(k.Created), dash(k.WrappedBy), day(k.Destroyed))
	}
	return w.Flush()
}

type keysRotateCmd struct {
	Wrapping bool   `xor:"what" help:"Wrap all keys by the first key of LEAT_PACK_KEY or --pack-key-file, so that the one before can be taken away."`
	Of       string `xor:"what" placeholder:"TENANT" help:"Make a new key for this tenant, which has one of its own. Default: for the installation."`
}

func (cmd *keysRotateCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	done, err := s.leat.RotateKey(operator(ctx), service.RotateKeyRequest{Wrapping: cmd.Wrapping, Tenant: cmd.Of})
	switch {
	case err != nil:
		return err
	case g.JSON:
		return g.answer.json(done)
	case cmd.Wrapping:
		fmt.Printf("%d keys are wrapped by the newest key now\n", done.Wrapped)
	default:
		fmt.Printf("key %s seals from now on; 'leat keys status' shows how much is left of the one before\n", done.Key)
	}
	return nil
}
