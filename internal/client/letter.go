package client

import (
	"context"
	"strconv"
	"time"

	"github.com/leatworks/leat/internal/service"
)

// Letters is service.Service.Letters.
func (c *Client) Letters(ctx context.Context, r service.LettersRequest) (a service.LettersAnswer, err error) {
	if err := r.Check(); err != nil {
		return a, err
	}
	type part struct {
		service.LettersAnswer
		Next string `json:"next"`
	}
	q := c.of(r.Tenant).text("worker", r.Worker).text("repository", named(r.Repository)).text("reason", r.Reason).yes("any_tenant", r.AnyTenant)
	if !r.Before.IsZero() {
		q = q.text("before", r.Before.Format(time.RFC3339Nano))
	}
	if r.OlderThan != 0 {
		q = q.text("older_than", r.OlderThan.String())
	}
	a.Letters = []service.Letter{}
	err = pages(ctx, c, q, []string{"letters"}, func(p part) string {
		for _, l := range p.Letters {
			switch {
			case l.ID <= r.After:
			case len(a.Letters) == r.Limit: // there is at least one more
				a.Next = a.Letters[r.Limit-1].ID
				return ""
			default:
				a.Letters = append(a.Letters, l)
			}
		}
		return p.Next
	})
	return a, err
}

// Letter is service.Service.Letter.
func (c *Client) Letter(ctx context.Context, r service.LetterRequest) (a service.LetterAnswer, err error) {
	return a, c.ask(ctx, get(c.of(r.Tenant).yes("any_tenant", r.AnyTenant), "letters", strconv.FormatInt(r.ID, 10)), &a)
}

// RetryLetters is service.Service.RetryLetters.
func (c *Client) RetryLetters(ctx context.Context, f service.LetterFilter) (a service.RetriedLetters, err error) {
	return a, c.ask(ctx, c.letters(f, "retry"), &a)
}

// DropLetters is service.Service.DropLetters.
func (c *Client) DropLetters(ctx context.Context, f service.LetterFilter) (a service.DroppedLetters, err error) {
	return a, c.ask(ctx, c.letters(f, "drop"), &a)
}

// letters is a request for the letters that a filter chooses.
func (c *Client) letters(f service.LetterFilter, verb string) request {
	body := make(map[string]any)
	if len(f.IDs) > 0 {
		body["ids"] = f.IDs
	}
	if f.Worker != "" {
		body["worker"] = f.Worker
	}
	if f.Repository != "" {
		body["repository"] = named(f.Repository)
	}
	if f.Reason != "" {
		body["reason"] = f.Reason
	}
	if !f.Before.IsZero() {
		body["before"] = f.Before
	}
	if f.OlderThan != 0 {
		body["older_than"] = f.OlderThan.String()
	}
	if len(body) == 0 {
		body["all"] = true
	}
	if f.AnyTenant {
		body["any_tenant"] = true
	}
	asked := post(body, c.of(f.Tenant), "letters", verb)
	asked.slow = true
	return asked
}
