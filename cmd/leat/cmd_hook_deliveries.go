package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type hookDeliveriesCmd struct {
	Hook  string `arg:"" optional:"" help:"Only those to this hook: its name, or its id."`
	State string `placeholder:"STATE" help:"Only those in this state: accepted, ignored, refused, failed or received."`
	Show  int64  `placeholder:"ID" help:"Show one with its body instead."`
	Limit int    `default:"100" placeholder:"N" help:"Most deliveries listed (${default})."`
	Older int64  `placeholder:"ID" help:"Go on with those before this one."`
}

func (cmd *hookDeliveriesCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if cmd.Show > 0 {
		d, err := s.leat.Delivery(ctx, service.DeliveryRequest{Tenant: g.Tenant, ID: cmd.Show})
		if err != nil {
			return err
		}
		return showDelivery(g, d)
	}
	a, err := s.leat.Deliveries(ctx, service.DeliveriesRequest{Tenant: g.Tenant, Hook: cmd.Hook, State: cmd.State, Before: cmd.Older, Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"deliveries": a.Deliveries, "next": a.Next})
	}
	if len(a.Deliveries) == 0 {
		fmt.Println("no deliveries")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tRECEIVED\tHOOK\tEVENT\tTIMES\tSTATE\tBECAME")
	for _, d := range a.Deliveries {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, d.ReceivedAt.Format(time.RFC3339), safeLine(d.Hook), safeLine(d.Event), d.Times, d.State, shortReason(became(d)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if a.Next > 0 {
		note("there are more: go on with --older %d", a.Next)
	}
	return nil
}

// became says in a line what became of a delivery.
func became(d service.Delivery) string {
	if d.Reason != "" {
		return d.Reason
	}
	var parts []string
	for _, b := range d.Became {
		text := b.Did
		if b.Repository != "" {
			text += " " + b.Repository
		}
		if b.Ref != "" {
			text += " " + service.ShortRef(b.Ref)
		}
		if b.Reason != "" {
			text += ": " + b.Reason
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func showDelivery(g *globals, d service.Delivery) error {
	if g.JSON {
		return g.answer.json(d)
	}
	for _, row := range [][2]string{
		{"delivery", fmt.Sprint(d.ID)}, {"hook", d.Hook}, {"name", d.Delivery}, {"event", d.Event}, {"received", d.ReceivedAt.Format(time.RFC3339)},
		{"times", fmt.Sprint(d.Times)}, {"replays", fmt.Sprint(d.Replays)}, {"type", d.ContentType}, {"bytes", fmt.Sprint(d.Size)},
		{"state", d.State}, {"became", became(d)},
	} {
		if row[1] != "" {
			fmt.Printf("%-9s %s\n", row[0], safeLine(row[1]))
		}
	}
	fmt.Printf("\n%s\n", safe(d.Body))
	return nil
}
