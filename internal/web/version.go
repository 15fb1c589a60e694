package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

// pin keeps a commit under a name.
func (p *Pages) pin(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	_, err := p.service.Pin(r.Context(), service.PinRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: form.Get("repository"), Commit: strings.TrimSpace(form.Get("commit")),
		Name: strings.TrimSpace(form.Get("name")),
	})
	return p.toVersions(w, r, v, err)
}

// unpin releases a version.
func (p *Pages) unpin(w http.ResponseWriter, r *http.Request, v visit) error {
	err := p.service.Unpin(r.Context(), service.UnpinRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: r.PostForm.Get("repository"), Name: r.PostForm.Get("name"),
	})
	return p.toVersions(w, r, v, err)
}

// hold makes a ref serve another commit, or lets it follow its remote again.
func (p *Pages) hold(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	request := service.HoldRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: form.Get("repository"), Ref: form.Get("ref"), To: strings.TrimSpace(form.Get("to"))}
	switch do := form.Get("do"); {
	case do == "release":
		request.To = ""
	case do != "rollback" || request.To == "":
		return &service.Error{Kind: service.Invalid, Field: service.FieldCommit, Reason: "unknown action: a ref can be rolled back to a commit, or released"}
	}
	_, err := p.service.Hold(r.Context(), request)
	return p.toVersions(w, r, v, err)
}

// track keeps the newest tags of a glob as versions.
func (p *Pages) track(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	keep, err := strconv.Atoi(form.Get("keep"))
	if err != nil {
		return p.toVersions(w, r, v, &service.Error{Kind: service.Invalid, Field: service.FieldLimit, Value: form.Get("keep"), Reason: "give a number of tags"})
	}
	var more [2]int
	for i, name := range []string{"days", "searchable"} {
		if form.Get(name) == "" {
			continue
		}
		if more[i], err = strconv.Atoi(form.Get(name)); err != nil || more[i] == 0 {
			return p.toVersions(w, r, v, &service.Error{Kind: service.Invalid, Field: service.FieldLimit, Value: form.Get(name), Reason: "give a number for " + name + ", or none"})
		}
	}
	_, err = p.service.TrackTags(r.Context(), service.TrackTagsRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: form.Get("repository"), Tags: strings.TrimSpace(form.Get("tags")), Keep: keep, Days: more[0], Searchable: more[1],
	})
	return p.toVersions(w, r, v, err)
}

// untrack releases the tags of a glob.
func (p *Pages) untrack(w http.ResponseWriter, r *http.Request, v visit) error {
	err := p.service.UntrackTags(r.Context(), service.UntrackTagsRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: r.PostForm.Get("repository"), Tags: r.PostForm.Get("tags"),
	})
	return p.toVersions(w, r, v, err)
}

// wake brings a ref back into the index.
func (p *Pages) wake(w http.ResponseWriter, r *http.Request, v visit) error {
	_, err := p.service.Wake(r.Context(), turnOf(r, v))
	return p.toVersions(w, r, v, err)
}

// sleep takes a ref out of the index until somebody searches it.
func (p *Pages) sleep(w http.ResponseWriter, r *http.Request, v visit) error {
	_, err := p.service.Sleep(r.Context(), turnOf(r, v))
	return p.toVersions(w, r, v, err)
}

func turnOf(r *http.Request, v visit) service.TurnRequest {
	return service.TurnRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: r.PostForm.Get("repository"), Ref: r.PostForm.Get("ref")}
}

// toVersions leads back to the versions of a form's repository.
func (p *Pages) toVersions(w http.ResponseWriter, r *http.Request, v visit, err error) error {
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/repository", "repository", r.PostForm.Get("repository"))+"#versions", http.StatusSeeOther)
	return nil
}

// moving lists the refs that can be rolled back, which are all except versions.
func moving(refs []service.RepositoryStatus) (list []service.RepositoryStatus) {
	for _, r := range refs {
		if r.Ref != "" && len(r.Versions) == 0 && !strings.HasPrefix(r.Ref, "refs/commits/") {
			list = append(list, r)
		}
	}
	return list
}

// olderThan says whether a ref that can be rolled back has left a snapshot behind.
func olderThan(refs []service.RepositoryStatus, s service.Snapshot) bool {
	for _, r := range moving(refs) {
		if r.Ref == s.Ref {
			return s.Revision < r.Revision && s.Commit != r.Commit
		}
	}
	return false
}

// ruleMore says which tags of a rule sleep, and how long it keeps each.
func ruleMore(r service.TagRule) (text string) {
	if r.Searchable > 0 {
		text = ", and the newest " + number(int64(r.Searchable)) + " of them do not sleep"
	}
	if r.Days > 0 {
		text += ", each for " + plural(r.Days, "day")
	}
	return text
}

// versionState is the state of a version's snapshot.
func versionState(k service.Version) string {
	if k.State == "" {
		return "submitted"
	}
	return k.State
}
