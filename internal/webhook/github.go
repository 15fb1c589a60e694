package webhook

import "strings"

// gitRepository holds what payloads of GitHub, Gitea and Forgejo say about a repository.
type gitRepository struct {
	Name     string `json:"name"`
	FullName string `json:"full_name"`
	Default  string `json:"default_branch"`
	CloneURL string `json:"clone_url"`
	SSHURL   string `json:"ssh_url"`
	HTMLURL  string `json:"html_url"`
}

func (r gitRepository) location() Location {
	l := locate(r.CloneURL, r.SSHURL)
	if len(l) == 0 {
		l = locate(r.HTMLURL)
	}
	return l
}

// gitHubPayload holds the members of GitHub's payloads that matter
// (docs.github.com/webhooks/webhook-events-and-payloads).
type gitHubPayload struct {
	Action     string        `json:"action"`
	Ref        string        `json:"ref"`
	RefType    string        `json:"ref_type"`
	Before     string        `json:"before"`
	After      string        `json:"after"`
	Deleted    bool          `json:"deleted"`
	Repository gitRepository `json:"repository"`
	Changes    struct {
		Default struct {
			From string `json:"from"`
		} `json:"default_branch"`
		Repository struct {
			Name struct {
				From string `json:"from"`
			} `json:"name"`
		} `json:"repository"`
		Owner struct {
			From struct {
				User         *account `json:"user"`
				Organization *account `json:"organization"`
			} `json:"from"`
		} `json:"owner"`
	} `json:"changes"`
}

type account struct {
	Login string `json:"login"`
}

func parseGitHub(event string, payload []byte) ([]Effect, error) {
	var p gitHubPayload
	if err := decode(payload, &p); err != nil {
		return nil, err
	}
	at := p.Repository.location()
	switch event {
	case "ping":
		return []Effect{{Kind: Pinged}}, nil
	case "push":
		return []Effect{moved(at, p.Ref, p.Repository.Default, p.Before, p.After, p.Deleted)}, nil
	case "create", "delete":
		return []Effect{moved(at, typedRef(p.RefType, p.Ref), p.Repository.Default, "", "", event == "delete")}, nil
	case "repository":
		return p.repository(at), nil
	}
	return unknownEvent(event), nil
}

func (p gitHubPayload) repository(at Location) []Effect {
	owner, name, _ := strings.Cut(p.Repository.FullName, "/")
	switch p.Action {
	case "deleted":
		return []Effect{{Kind: RepositoryDeleted, Repository: at}}
	case "edited":
		if p.Changes.Default.From != "" {
			return []Effect{{Kind: DefaultChanged, Repository: at, Default: defaultRef(p.Repository.Default)}}
		}
		return ignored("an edit that leaves the default branch as it is")
	case "renamed":
		return renamed(at, owner+"/"+p.Changes.Repository.Name.From)
	case "transferred":
		for _, from := range []*account{p.Changes.Owner.From.User, p.Changes.Owner.From.Organization} {
			if from != nil && from.Login != "" {
				return renamed(at, from.Login+"/"+name)
			}
		}
		return ignored("a transfer that does not name the former owner")
	case "created":
		return ignored("a new repository: its first push brings it in")
	}
	return ignored("action %s of a repository changes nothing that is indexed", cut(p.Action))
}

// renamed returns the effect of a repository that had another path before.
func renamed(at Location, former string) []Effect {
	was := at.moved(former)
	if len(was) == 0 {
		return ignored("a renaming that does not name the former place")
	}
	return []Effect{{Kind: RepositoryRenamed, Repository: at, Was: was}}
}
