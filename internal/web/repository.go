package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

const (
	refsPerPage  = 40
	filesPerPage = 200
	historyShown = 8
	usageDays    = 30
)

// group is the refs of one repository.
type group struct {
	id, url string
	refs    []service.RepositoryStatus
}

// groups groups refs by repository. The refs of a repository must follow each other.
func groups(refs []service.RepositoryStatus) (list []group) {
	for _, r := range refs {
		if last := len(list) - 1; last < 0 || list[last].id != r.ID {
			list = append(list, group{id: r.ID, url: r.URL})
		}
		last := &list[len(list)-1]
		last.refs = append(last.refs, r)
	}
	return list
}

// repositories lists the tenant's repositories.
func (p *Pages) repositories(w http.ResponseWriter, r *http.Request, v visit) error {
	a, err := p.service.Status(r.Context(), service.StatusRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, After: r.FormValue("after"), Limit: refsPerPage})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, repositoriesPage(v, a, r.FormValue("after") != ""))
}

// repositoryView is the content of the page of a repository.
type repositoryView struct {
	group
	tab     string // "", skipped, failed or secrets
	reason  string // reason by which skipped files are filtered
	after   string
	history service.HistoryAnswer
	kept    service.VersionsAnswer
	rules   service.TagRulesAnswer
	usage   []service.Usage
	indexes []service.GraphIndex // indexes of its commits, made by indexers that know the types
	skipped service.SkippedAnswer
	failed  service.FailedAnswer
	secrets service.SecretsAnswer
	now     time.Time
}

// versionsOf loads the versions, and the globs of tags that make versions.
func (p *Pages) versionsOf(r *http.Request, v visit, view *repositoryView) (err error) {
	if view.kept, err = p.service.Versions(r.Context(), service.VersionsRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: view.id}); err != nil {
		return err
	}
	view.rules, err = p.service.TagRules(r.Context(), service.TagRulesRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: view.id})
	return err
}

// repository shows one repository.
func (p *Pages) repository(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx, who, query := r.Context(), v.who, r.URL.Query()
	status, err := p.service.Status(ctx, service.StatusRequest{Tenant: who.Tenant, Reach: who.Repositories, Repository: query.Get("repository")})
	if err != nil {
		return err
	}
	list := groups(status.Repositories)
	if len(list) == 0 || query.Get("repository") == "" {
		return &service.Error{Kind: service.NotFound, Field: service.FieldRepository, Reason: "there is no such repository"}
	}
	view := repositoryView{group: list[0], tab: query.Get("show"), reason: query.Get("reason"), after: query.Get("after"), now: time.Now()}
	page := service.Page{After: view.after, Limit: filesPerPage}
	switch view.tab {
	case "skipped":
		view.skipped, err = p.service.Skipped(ctx, service.SkippedRequest{Page: page, Tenant: who.Tenant, Reach: who.Repositories, Repository: view.id, Reason: view.reason})
	case "failed":
		view.failed, err = p.service.Failed(ctx, service.FailedRequest{Page: page, Tenant: who.Tenant, Reach: who.Repositories, Repository: view.id})
	case "secrets":
		view.secrets, err = p.service.Secrets(ctx, service.SkippedRequest{Page: page, Tenant: who.Tenant, Reach: who.Repositories, Repository: view.id})
	default:
		view.tab = ""
		for _, load := range []func(*http.Request, visit, *repositoryView) error{p.versionsOf, p.usageOf, p.indexesOf} {
			if err == nil {
				err = load(r, v, &view)
			}
		}
	}
	if err != nil {
		return err
	}
	view.history, err = p.service.History(ctx, service.HistoryRequest{Tenant: who.Tenant, Reach: who.Repositories, Repository: view.id, Limit: historyShown})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, repositoryPage(v, view))
}

// usageOf loads the cost of a repository.
func (p *Pages) usageOf(r *http.Request, v visit, view *repositoryView) error {
	a, err := p.service.Usage(r.Context(), service.UsageRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Days: usageDays})
	view.usage = slices.DeleteFunc(a.Embedders, func(u service.Usage) bool { return u.Repository != view.id })
	return err
}

// indexesOf loads the imported indexes.
func (p *Pages) indexesOf(r *http.Request, v visit, view *repositoryView) error {
	a, err := p.service.Indexes(r.Context(), service.IndexesRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: view.id})
	view.indexes = a.Indexes
	return err
}

// progress sends the counts of a repository whenever they change.
func (p *Pages) progress(w http.ResponseWriter, r *http.Request, v visit) error {
	name := r.FormValue("repository")
	if name == "" {
		return &service.Error{Kind: service.NotFound, Field: service.FieldRepository, Reason: "there is no such repository"}
	}
	request := service.StatusRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: name}
	if _, err := p.service.Refs(r.Context(), service.TracksRequest{Tenant: request.Tenant, Reach: request.Reach, Repository: name}); err != nil {
		return err // before the stream begins, an error can still be answered
	}
	p.stream(w, r, func(s stream) error {
		return p.service.Watch(s.ctx, request, func(a service.StatusAnswer) error { return s.send(refsPart(v, a.Repositories)) })
	})
	return nil
}

// submit has a repository indexed, or lets leat look for a new commit.
func (p *Pages) submit(w http.ResponseWriter, r *http.Request, v visit) error {
	address := strings.TrimSpace(r.PostFormValue("url"))
	if !strings.Contains(address, ":") && !strings.HasPrefix(address, "/") {
		return &service.Error{Kind: service.Invalid, Field: service.FieldRepository, Reason: "give a URL, such as https://forge.example/mill/sluice"}
	}
	n, err := p.service.Submit(r.Context(), service.SubmitRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: address, Ref: strings.TrimSpace(r.PostFormValue("ref")),
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/submission", "id", n.Submitted().ID), http.StatusSeeOther)
	return nil
}

// submission follows a submission until its repository can be shown.
func (p *Pages) submission(w http.ResponseWriter, r *http.Request, v visit) error {
	a, err := p.service.Submission(r.Context(), service.SubmissionRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, ID: r.FormValue("id")})
	if err != nil {
		return err
	}
	if a.Repository != "" && a.Error == "" && v.may(access.ScopeRead) {
		http.Redirect(w, r, v.to("/repository", "repository", a.Repository), http.StatusSeeOther)
		return nil
	}
	if a.State != "failed" {
		w.Header().Set("Refresh", "2")
	}
	return p.show(w, r, http.StatusOK, submissionPage(v, a))
}

// forget removes a repository, or one of its refs, from the index. The form asks for its name, so
// that nobody does it by mistake.
func (p *Pages) forget(w http.ResponseWriter, r *http.Request, v visit) error {
	id, ref := r.PostFormValue("repository"), r.PostFormValue("ref")
	request := service.ForgetRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: id, Ref: ref}
	tracks, err := p.service.Forget(r.Context(), request)
	if err != nil {
		return err
	}
	wanted := name(tracks[0].URL)
	if ref != "" {
		wanted = shortRef(ref)
	}
	if strings.TrimSpace(r.PostFormValue("name")) != wanted {
		return &service.Error{Kind: service.Invalid, Field: service.FieldName, Reason: "the name is not " + wanted + ": nothing was forgotten"}
	}
	request.Confirmed = true
	if _, err := p.service.Forget(r.Context(), request); err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/repository", "repository", id), http.StatusSeeOther)
	return nil
}

// approve approves a commit that removes most of a ref's documents.
func (p *Pages) approve(w http.ResponseWriter, r *http.Request, v visit) error {
	id := r.PostFormValue("repository")
	_, _, err := p.service.Approve(r.Context(), service.ApproveRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: id, Ref: r.PostFormValue("ref")})
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/repository", "repository", id), http.StatusSeeOther)
	return nil
}
