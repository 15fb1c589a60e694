package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	lettersPerPage = 50
	// The time line of the pipeline: twelve hours.
	spanWidth = 15 * time.Minute
	spans     = 48
	// flowPause is the pace of the live numbers.
	flowPause = 2 * time.Second
)

// pipelineView is the content of the page of the pipeline.
type pipelineView struct {
	flow        flow
	activity    service.ActivityAnswer
	generations []service.Generation
	runs        []service.SyncRun
	usage       []embedderUsage
	now         time.Time
}

// flow is the work under way, with the rates between two looks at it.
type flow struct {
	service.FlowAnswer
	rates   map[lane]float64 // messages a second, none before the second look
	workers []service.Worker
	now     time.Time
}

// lane is a lane of a stage.
type lane struct{ stage, name string }

// underway asks for the work under way and the workers that hold it.
func (p *Pages) underway(ctx context.Context, v visit) (f flow, err error) {
	f.now = time.Now()
	if f.FlowAnswer, err = p.service.Flow(ctx, service.FlowRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Queues: v.whole()}); err != nil {
		return f, err
	}
	held, err := p.service.Workers(ctx, service.WorkersRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories})
	f.workers = held.Workers
	return f, err
}

// pipeline shows the way through.
func (p *Pages) pipeline(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	ctx, who := r.Context(), v.who
	view := pipelineView{now: time.Now()}
	if view.flow, err = p.underway(ctx, v); err != nil {
		return err
	}
	if view.activity, err = p.service.Activity(ctx, service.ActivityRequest{Tenant: who.Tenant, Reach: who.Repositories, Width: spanWidth, Spans: spans}); err != nil {
		return err
	}
	usage, err := p.service.Usage(ctx, service.UsageRequest{Tenant: who.Tenant, Reach: who.Repositories, Days: usageDays})
	if err != nil {
		return err
	}
	view.usage = byEmbedder(usage.Embedders)
	if v.whole() {
		if err := p.installation(r, &view); err != nil {
			return err
		}
	}
	return p.show(w, r, http.StatusOK, pipelinePage(v, view))
}

// stores compares the three stores. The objects are those of all tenants.
func (p *Pages) stores(w http.ResponseWriter, r *http.Request, v visit) error {
	if !v.whole() {
		return &service.Error{Kind: service.Denied, Reason: "only operators of the installation may compare the stores"}
	}
	report, err := p.service.Verify(r.Context(), service.VerifyRequest{ScopeRequest: service.ScopeRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories}, Grace: time.Hour})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, storesPage(v, report))
}

// installation adds the parts that belong to no tenant.
func (p *Pages) installation(r *http.Request, view *pipelineView) error {
	generations, err := p.service.Generations(r.Context())
	if err != nil {
		return err
	}
	runs, err := p.service.SyncStatus(r.Context())
	view.generations, view.runs = generations.Generations, runs.Runs
	return err
}

// watchFlow sends the live numbers.
func (p *Pages) watchFlow(w http.ResponseWriter, r *http.Request, v visit) error {
	p.stream(w, r, func(s stream) error {
		before, at := map[lane]uint64{}, time.Time{}
		for {
			f, err := p.underway(s.ctx, v)
			if err != nil {
				return err
			}
			done := doneOf(f.FlowAnswer)
			f.rates = rates(before, done, f.now.Sub(at))
			if err := s.send(flowPart(v, f)); err != nil {
				return err
			}
			if err := p.sendGenerations(s, v); err != nil {
				return err
			}
			before, at = done, f.now
			select {
			case <-s.ctx.Done():
				return s.ctx.Err()
			case <-time.After(flowPause):
			}
		}
	})
	return nil
}

// sendGenerations sends the progress of a rebuild to visitors who may see it.
func (p *Pages) sendGenerations(s stream, v visit) error {
	if !v.whole() {
		return nil
	}
	a, err := p.service.Generations(s.ctx)
	if err != nil {
		return err
	}
	return s.sendAs("generations", generationsPart(v, a.Generations, time.Now()))
}

// doneOf counts the finished work of each lane.
func doneOf(a service.FlowAnswer) map[lane]uint64 {
	done := make(map[lane]uint64)
	for _, s := range a.Stages {
		for _, l := range s.Lanes {
			if l.Queue != nil {
				done[lane{s.Stage, l.Lane}] = l.Queue.Done
			}
		}
	}
	return done
}

// rates returns the messages a second between two looks. The first look has none.
func rates(before, after map[lane]uint64, passed time.Duration) map[lane]float64 {
	list := make(map[lane]float64)
	for l, n := range after {
		if b, found := before[l]; found && n >= b {
			list[l] = float64(n-b) / passed.Seconds()
		}
	}
	return list
}

// embedderUsage counts the work of one embedder.
type embedderUsage struct {
	name string
	service.Usage
}

func byEmbedder(list []service.Usage) (sums []embedderUsage) {
	at := make(map[string]int)
	for _, u := range list {
		i, found := at[u.Embedder]
		if !found {
			i = len(sums)
			at[u.Embedder], sums = i, append(sums, embedderUsage{name: u.Embedder})
		}
		s := &sums[i].Usage
		s.Texts, s.Cached, s.Tokens, s.Requests, s.Retries, s.Cost = s.Texts+u.Texts, s.Cached+u.Cached, s.Tokens+u.Tokens, s.Requests+u.Requests, s.Retries+u.Retries, s.Cost+u.Cost
	}
	return sums
}

// letterFilter parses the choice of dead letters. A grant of the installation sees the letters of
// the tenant that it looks at.
func letterFilter(v visit, form url.Values) service.LetterFilter {
	f := service.LetterFilter{Tenant: v.who.Tenant, Reach: v.who.Repositories, Worker: form.Get("worker"), Repository: form.Get("repository"), Reason: form.Get("reason")}
	if id, err := strconv.ParseInt(form.Get("id"), 10, 64); err == nil {
		f.IDs = []int64{id}
	}
	f.Before, _ = time.Parse(time.RFC3339Nano, form.Get("before"))
	return f
}

// lettersView is a list of dead letters.
type lettersView struct {
	service.LettersAnswer
	filter  service.LetterFilter
	preview service.LettersPreview
	do      string // retry or drop, while that awaits confirmation
	did     string // the result of the last action
	now     time.Time
}

// letters lists dead letters.
func (p *Pages) letters(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	query := r.URL.Query()
	view := lettersView{filter: letterFilter(v, query), did: query.Get("did"), now: time.Now()}
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	if view.LettersAnswer, err = p.service.Letters(r.Context(), service.LettersRequest{LetterFilter: view.filter, After: after, Limit: lettersPerPage}); err != nil {
		return err
	}
	if view.do = query.Get("do"); view.do != "" {
		view.filter.Before = view.now // letters that come meanwhile are not touched
		if view.preview, err = p.service.PreviewLetters(r.Context(), view.filter); err != nil {
			return err
		}
		return p.show(w, r, http.StatusOK, confirmLetters(v, view))
	}
	return p.show(w, r, http.StatusOK, lettersPage(v, view))
}

// letter shows one dead letter.
func (p *Pages) letter(w http.ResponseWriter, r *http.Request, v visit) error {
	id, err := strconv.ParseInt(r.FormValue("id"), 10, 64)
	if err != nil {
		return &service.Error{Kind: service.NotFound, Field: service.FieldLetter, Reason: "there is no such dead letter"}
	}
	a, err := p.service.Letter(r.Context(), service.LetterRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, ID: id})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, letterPage(v, a, time.Now()))
}

// settleLetters retries or drops the chosen letters.
func (p *Pages) settleLetters(w http.ResponseWriter, r *http.Request, v visit) error {
	filter := letterFilter(v, r.PostForm)
	did := ""
	switch r.PostFormValue("do") {
	case "retry":
		a, err := p.service.RetryLetters(r.Context(), filter)
		if err != nil {
			return err
		}
		did = plural(a.Retried, "letter") + " retried, " + number(a.Obsolete) + " obsolete, " + number(len(a.Refused)) + " kept"
	case "drop":
		a, err := p.service.DropLetters(r.Context(), filter)
		if err != nil {
			return err
		}
		did = plural(a.Dropped, "letter") + " dropped"
	default:
		return &service.Error{Kind: service.Invalid, Reason: "unknown action: a letter can be retried or dropped"}
	}
	http.Redirect(w, r, v.to("/pipeline/letters", "did", did), http.StatusSeeOther)
	return nil
}

// steer changes the generations of the index.
func (p *Pages) steer(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	switch r.PostFormValue("do") {
	case "rebuild":
		_, err = p.service.Rebuild(r.Context(), service.RebuildRequest{Embedder: strings.TrimSpace(r.PostFormValue("embedder")), From: catalog.SourceCatalog})
	case "rollback":
		number, wrong := strconv.ParseInt(r.PostFormValue("number"), 10, 64)
		if wrong != nil {
			return &service.Error{Kind: service.Invalid, Reason: "give the number of a generation"}
		}
		_, err = p.service.RollBack(r.Context(), number)
	case "cancel":
		_, err = p.service.CancelRebuild(r.Context())
	default:
		return &service.Error{Kind: service.Invalid, Reason: "unknown action: an index can be rebuilt or rolled back, or a rebuild be cancelled"}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/pipeline")+"#generations", http.StatusSeeOther)
	return nil
}

// lettersLink is the address of the letters that a filter chooses.
func lettersLink(v visit, f service.LetterFilter, pairs ...string) string {
	return v.to("/pipeline/letters", append([]string{"worker", f.Worker, "repository", f.Repository, "reason", f.Reason}, pairs...)...)
}
