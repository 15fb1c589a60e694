package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/sse"
	"github.com/leatworks/leat/pipeline/catalog"
)

// heartbeat is the pause after which a stream sends a sign of life.
const heartbeat = 15 * time.Second

func registerEvent(api huma.API, d deps) {
	get(api, d, route{
		id: "get-submission", path: "/submissions/{id}", tag: "submissions", scope: access.ScopeRead,
		summary: "Show the state of a submission",
	}, d.submission)
	get(api, d, route{
		id: "follow-submission", path: "/submissions/{id}/events", tag: "submissions", scope: access.ScopeRead, stream: true, bytes: []string{"text/event-stream"},
		summary: "Follow a submission to its end by server-sent events",
		text:    "Sends `progress` events with the whole state as data, and at the end `end` with the last state. A client that loses the stream begins again.",
	}, d.follow)
	get(api, d, route{
		id: "listen", path: "/events", tag: "events", scope: access.ScopeRead, stream: true, bytes: []string{"text/event-stream"},
		summary: "Listen to finished snapshots by server-sent events",
		text: "Sends `repo.indexed` events with the data of docs/events.md. A client that loses the stream sends the last id in `Last-Event-ID`, and misses " +
			"no event of the last days.",
	}, d.listen)
}

type SubmissionPath struct {
	ID     string `path:"id" minLength:"1" maxLength:"1024" doc:"Id of the submission, from the answer to the request that made it."`
	Source string `query:"source" maxLength:"1024" doc:"Source that published the submission. Default: this API."`
}

func (s SubmissionPath) of(who caller) service.SubmissionRequest {
	return service.SubmissionRequest{Tenant: who.tenant, Reach: who.Repositories, Source: s.Source, ID: s.ID}
}

type submissionInput struct{ SubmissionPath }

type submissionOutput struct{ Body service.SubmissionAnswer }

func (d deps) submission(ctx context.Context, who caller, in *submissionInput) (*submissionOutput, error) {
	a, err := d.Submission(ctx, in.of(who))
	return &submissionOutput{a}, err
}

type followInput struct {
	SubmissionPath
	Patience int `query:"patience" minimum:"0" maximum:"1000" doc:"Failed attempts before the submission counts as refused. Default: no limit."`
}

type streamOutput struct{ Body func(huma.Context) }

func (d deps) follow(ctx context.Context, who caller, in *followInput) (*streamOutput, error) {
	request := service.FollowRequest{
		Tenant: who.tenant, Reach: who.Repositories, Submissions: []catalog.SubmissionKey{d.Key(in.of(who))}, Patience: in.Patience,
	}
	return d.stream(ctx, who, func(ctx context.Context, s stream) error {
		var failed error
		end, err := d.Follow(ctx, request, func(p service.Progress) {
			if failed == nil && !p.Done {
				failed = s.send("progress", "", p)
			}
		})
		if err == nil && failed == nil {
			return s.send("end", "", end)
		}
		return errors.Join(failed, err)
	})
}

type listenInput struct {
	Repository string `query:"repository" maxLength:"4096" doc:"Only events of this repository."`
	LastID     string `header:"Last-Event-ID" maxLength:"32" doc:"Id of the last event that the client knows. Default: start now."`
}

func (d deps) listen(ctx context.Context, who caller, in *listenInput) (*streamOutput, error) {
	after, err := uint64(0), error(nil)
	if in.LastID != "" {
		if after, err = strconv.ParseUint(in.LastID, 10, 64); err != nil {
			return nil, &service.Error{Kind: service.Invalid, Field: "Last-Event-ID", Value: in.LastID, Reason: "Last-Event-ID is not the id of an event: leave it out, or send an id that an event had"}
		}
	}
	request := service.HearRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, After: after}
	if in.Repository != "" { // an error can be answered only before the stream begins
		if _, err := d.Refs(ctx, service.TracksRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository}); err != nil {
			return nil, err
		}
	}
	return d.stream(ctx, who, func(ctx context.Context, s stream) error {
		return d.Hear(ctx, request, func(place uint64, e events.RepoIndexed) error {
			return s.send("repo.indexed", strconv.FormatUint(place, 10), e)
		})
	})
}

// beginStream takes one of the streams that a token may have open. The caller must call end.
func (d deps) beginStream(who caller) (end func(), err error) {
	end, ok := d.streams.begin(who.Token)
	if !ok {
		return nil, &service.Error{Kind: service.Limited, Reason: fmt.Sprintf("this token already has %d streams open: end one first", d.cfg.Streams), RetryAfter: heartbeat}
	}
	return end, nil
}

// stream answers with the events that run sends. It ends when run returns, the client goes or the
// process stops.
func (d deps) stream(ctx context.Context, who caller, run func(context.Context, stream) error) (*streamOutput, error) {
	end, err := d.beginStream(who)
	if err != nil {
		return nil, err
	}
	return &streamOutput{func(out huma.Context) {
		defer end()
		_, w := humago.Unwrap(out)
		sse.Serve(ctx, w, sse.Config{Begin: ": leat\n\n", Heartbeat: heartbeat, Stopping: d.cfg.Stopping, Failed: func(err error) []byte {
			text, err := json.Marshal(explain(ctx, err, d.log))
			if err != nil {
				return nil
			}
			return fmt.Appendf(nil, "event: error\ndata: %s\n\n", text)
		}}, func(ctx context.Context, s *sse.Stream) error { return run(ctx, stream{s}) })
	}}, nil
}

// stream sends events whose data is JSON.
type stream struct{ *sse.Stream }

func (s stream) send(event, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	line := fmt.Appendf(nil, "event: %s\ndata: %s\n\n", event, text)
	if id != "" {
		line = append([]byte("id: "+id+"\n"), line...)
	}
	return s.Send(line)
}
