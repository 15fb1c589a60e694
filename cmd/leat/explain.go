package main

import (
	"errors"
	"fmt"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// flags are the flags that set a request's fields.
var flags = map[service.Field]string{
	service.FieldTenant: "--tenant (LEAT_TENANT)", service.FieldRef: "--ref", service.FieldLanguage: "--lang",
	service.FieldKind: "--kind", service.FieldLimit: "--limit", service.FieldAge: "--older-than",
}

// explain describes an error in the words of the command line: it names the flag at
// fault and the command that helps.
func explain(err error) string {
	text := oneLine(err.Error())
	var failed *service.Error
	switch {
	case errors.Is(err, service.ErrNoSchema):
		return text + ": start a worker or 'leat dev', or run 'leat migrate up'"
	case errors.Is(err, service.ErrNoIndex):
		return text + ": the first worker that starts, or 'leat dev', makes it"
	case errors.Is(err, service.ErrNoStream):
		return text + "; start a worker, which makes the streams"
	case errors.Is(err, catalog.ErrOtherModel):
		return text + " ('leat rebuild --embedder NAME')"
	case errors.Is(err, vector.ErrNoCollection):
		return text + ": Qdrant has lost the index; 'leat verify --repair' writes it again"
	case errors.Is(err, service.Unauthenticated):
		return text + "; check LEAT_TOKEN, or run 'leat login' again"
	case !errors.As(err, &failed):
		return text
	}
	if flag := flags[failed.Field]; flag != "" && failed.Value != "" {
		text = flag + " " + failed.Value + ": " + failed.Reason
	}
	var choices service.Choices
	switch {
	case failed.Field == service.FieldRepository && failed.Kind == service.NotFound:
		text += ": 'leat status' lists those there are"
	case failed.Field == service.FieldRef && failed.Kind == service.NotFound:
		text += "; 'leat status' lists the refs that are"
	case failed.Field == service.FieldToken && failed.Kind == service.NotFound:
		text += "; 'leat token list' lists those there are"
	case failed.Field == service.FieldTenant && failed.Kind == service.NotFound:
		text += " ('leat tenant create NAME')"
	case failed.Field == service.FieldLetter && failed.Kind == service.NotFound:
		text += letterHelp
	case failed.Field == service.FieldHook && failed.Kind == service.NotFound:
		text += "; 'leat hook list' lists those there are"
	case failed.Field == service.FieldDelivery && failed.Kind == service.NotFound:
		text += "; 'leat hook deliveries' lists those there are"
	case errors.As(err, &choices):
		text += fmt.Sprintf(" with --ref (%s)", choices)
	}
	return text
}

// letterHelp is the advice for a letter that a tenant does not have.
const letterHelp = " ('leat dead list' lists those there are; --any-tenant looks further)"

// explainTrack says why a ref cannot be followed or waits, and which command
// lets it go on.
func explainTrack(t service.RepositoryStatus) string {
	if t.Waiting == nil || t.Error != t.Waiting.Text() {
		return t.Error
	}
	return explainWaiting(*t.Waiting)
}

// explainRefusal says why a submission leads to nothing, and which command lets
// it go on.
func explainRefusal(r service.Refusal) string {
	if r.Waiting == nil {
		return r.Reason
	}
	return explainWaiting(*r.Waiting)
}

func explainWaiting(a service.Approval) string {
	return fmt.Sprintf("waiting for approval: would remove %s of %s documents of %s: 'leat sync approve %s --ref %s' lets commit %s through",
		number.Thousands(a.Removes), number.Thousands(a.Documents), a.Ref, a.URL, a.Ref, a.Commit)
}
