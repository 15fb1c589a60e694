package webhook

import "strings"

// dataCenterPayload holds the members of Bitbucket Data Center's payloads that
// matter (confluence.atlassian.com/bitbucketserver/event-payload-938025882.html).
type dataCenterPayload struct {
	Repository dataCenterRepository `json:"repository"`
	Old        dataCenterRepository `json:"old"`
	New        dataCenterRepository `json:"new"`
	Changes    []struct {
		Ref struct {
			ID string `json:"id"`
		} `json:"ref"`
		RefID string `json:"refId"`
		From  string `json:"fromHash"`
		To    string `json:"toHash"`
		Type  string `json:"type"`
	} `json:"changes"`
}

type dataCenterRepository struct {
	Slug    string `json:"slug"`
	Project struct {
		Key string `json:"key"`
	} `json:"project"`
	Links struct {
		Clone []struct {
			Href string `json:"href"`
		} `json:"clone"`
	} `json:"links"`
}

func parseDataCenter(event string, payload []byte) ([]Effect, error) {
	if event == "diagnostics:ping" { // its payload names no repository
		return []Effect{{Kind: Pinged}}, nil
	}
	var p dataCenterPayload
	if err := decode(payload, &p); err != nil {
		return nil, err
	}
	switch event {
	case "repo:refs_changed":
		return p.changes(p.Repository.location()), nil
	case "repo:deleted":
		return []Effect{{Kind: RepositoryDeleted, Repository: p.Repository.location()}}, nil
	case "repo:modified":
		at, was := p.New.location(), p.Old.path()
		if p.New.path() == was {
			return ignored("a change that leaves the repository's name as it is"), nil
		}
		return renamed(at, was), nil
	}
	return unknownEvent(event), nil
}

func (p dataCenterPayload) changes(at Location) (effects []Effect) {
	for _, c := range p.Changes {
		ref := c.Ref.ID
		if ref == "" {
			ref = c.RefID
		}
		effects = append(effects, moved(at, ref, "", c.From, c.To, strings.EqualFold(c.Type, "DELETE")))
	}
	if len(effects) == 0 {
		return ignored("a push without a changed ref")
	}
	return effects
}

// path returns the path in lower case, as in the URLs to clone from.
func (r dataCenterRepository) path() string {
	if r.Project.Key == "" || r.Slug == "" {
		return ""
	}
	return strings.ToLower(r.Project.Key + "/" + r.Slug)
}

// root precedes the project in URLs of http, but not in those of ssh.
const root = "scm"

// location uses the payload's URLs if it has some, and otherwise project and name.
func (r dataCenterRepository) location() Location {
	var urls []string
	for _, link := range r.Links.Clone {
		urls = append(urls, link.Href)
	}
	l := locate(urls...)
	for i, a := range l {
		if path, found := strings.CutPrefix(a.Path, root+"/"); found && a.Scheme != "ssh" {
			l[i].Root, l[i].Path = root, path
		}
	}
	if path := r.path(); len(l) == 0 && cleanPath(path) {
		return Location{{Root: root, Path: path}}
	}
	return l
}
