package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type deadCmd struct {
	List  deadListCmd  `cmd:"" help:"List dead letters, oldest first. Exits 1 if there are any."`
	Show  deadShowCmd  `cmd:"" help:"Show a dead letter with its headers and its payload."`
	Retry deadRetryCmd `cmd:"" help:"Try the work of dead letters again, and delete them. Exits 1 if some cannot be retried."`
	Drop  deadDropCmd  `cmd:"" help:"Delete dead letters. Their documents stay failed."`
}

// letterFlags choose dead letters.
type letterFlags struct {
	Worker    string        `placeholder:"NAME" help:"Only of this worker: ingestor, embedder or indexer."`
	Repo      string        `placeholder:"REPO" help:"Only about this repository: its URL, its path, or the end of it."`
	Reason    string        `placeholder:"TEXT" help:"Only letters whose reason holds this text."`
	Before    time.Time     `placeholder:"TIME" help:"Only those written before, for example 2026-01-31T12:00:00Z."`
	OlderThan time.Duration `placeholder:"DURATION" help:"Only those written at least so long ago, for example 24h."`
	AnyTenant bool          `help:"Also letters of other tenants, and letters that name none."`
}

func (f letterFlags) filter(g *globals) service.LetterFilter {
	return service.LetterFilter{
		Tenant: g.Tenant, AnyTenant: f.AnyTenant, Worker: f.Worker, Repository: f.Repo, Reason: f.Reason, Before: f.Before, OlderThan: f.OlderThan,
	}
}

type deadListCmd struct {
	letterFlags
	Limit int   `default:"100" placeholder:"N" help:"Most letters listed (${default})."`
	After int64 `placeholder:"ID" help:"Go on after this letter."`
}

// about names the repository or document of a letter, or the subject on which it came.
func about(r service.Letter) string {
	switch {
	case r.Path != "":
		return safeLine(r.Repository) + " " + safeLine(r.Path)
	case r.Repository != "":
		return safeLine(r.Repository)
	}
	return safeLine(r.Subject)
}

func (cmd *deadListCmd) Run(ctx context.Context, g *globals) error {
	request := service.LettersRequest{LetterFilter: cmd.filter(g), After: cmd.After, Limit: cmd.Limit}
	if err := request.Check(); err != nil {
		return err
	}
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	found, err := s.leat.Letters(ctx, request)
	if err != nil {
		return err
	}
	if err := showLetters(g, found.Letters, found.Next); err != nil {
		return err
	}
	if len(found.Letters) > 0 {
		return errNo
	}
	return nil
}

// showLetters prints a list. next is the last letter listed if more follow, or 0.
func showLetters(g *globals, rows []service.Letter, next int64) error {
	if g.JSON {
		return g.answer.json(map[string]any{"dead_letters": rows, "next": next})
	}
	if len(rows) == 0 {
		fmt.Println("no dead letters")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tWRITTEN\tWORKER\tTENANT\tATTEMPTS\tABOUT\tREASON")
	for _, r := range rows {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", r.ID, r.At.Format(time.RFC3339), r.Worker, safeLine(r.Tenant), r.Attempts, about(r), shortReason(r.Reason))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if next > 0 {
		note("there are more: go on with --after %d", next)
	}
	return nil
}

// shortReason returns the beginning of a reason: the reason of a panic has many lines.
func shortReason(reason string) string {
	const most = 160
	line := safeLine(oneLine(reason))
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}

type deadShowCmd struct {
	ID        int64 `arg:"" help:"Number of the letter, as 'leat dead list' gives it."`
	AnyTenant bool  `help:"Show it even if it belongs to another tenant, or to none."`
}

func (cmd *deadShowCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Letter(ctx, service.LetterRequest{Tenant: g.Tenant, AnyTenant: cmd.AnyTenant, ID: cmd.ID})
	if cmd.AnyTenant && errors.Is(err, service.NotFound) {
		return errors.New(err.Error()) // the advice to look further does not apply
	}
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	printLetter(a)
	return nil
}

func printLetter(a service.LetterAnswer) {
	for _, row := range [][2]string{
		{"letter", strconv.FormatInt(a.ID, 10)},
		{"written", fmt.Sprintf("%s (%s ago)", a.At.Format(time.RFC3339), time.Since(a.At).Round(time.Second))},
		{"worker", a.Worker},
		{"tenant", a.Tenant},
		{"repository", a.Repository},
		{"ref", a.Ref},
		{"path", a.Path},
		{"document", a.Document},
		{"attempts", strconv.Itoa(a.Attempts)},
		{"subject", a.Subject},
	} {
		if row[1] != "" {
			fmt.Printf("%-11s %s\n", row[0], safeLine(row[1]))
		}
	}
	fmt.Printf("%-11s %s\n\nheaders\n", "reason", safe(a.Reason))
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		fmt.Printf("  %s: %s\n", safeLine(name), safeLine(a.Headers[name]))
	}
	if a.Payload != nil {
		fmt.Printf("\npayload\n%s\n", safe(*a.Payload))
	} else {
		fmt.Printf("\npayload (no text)\n%q\n", a.Base64)
	}
	if !a.Whole {
		fmt.Println("\nThis is not the whole message: a credential was hidden, text was cut, or bytes were no text.")
	}
}
