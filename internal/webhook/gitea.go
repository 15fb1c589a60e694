package webhook

// giteaPayload holds the members of the payloads of Gitea and Forgejo that matter
// (docs.gitea.com/usage/webhooks, forgejo.org/docs/latest/user/webhooks).
type giteaPayload struct {
	Action     string        `json:"action"`
	Ref        string        `json:"ref"`
	RefType    string        `json:"ref_type"`
	SHA        string        `json:"sha"`
	Before     string        `json:"before"`
	After      string        `json:"after"`
	Repository gitRepository `json:"repository"`
}

func parseGitea(event string, payload []byte) ([]Effect, error) {
	var p giteaPayload
	if err := decode(payload, &p); err != nil {
		return nil, err
	}
	at := p.Repository.location()
	switch event {
	case "push":
		return []Effect{moved(at, p.Ref, p.Repository.Default, p.Before, p.After, false)}, nil
	case "create", "delete":
		return []Effect{moved(at, typedRef(p.RefType, p.Ref), p.Repository.Default, "", p.SHA, event == "delete")}, nil
	case "repository":
		switch p.Action {
		case "deleted":
			return []Effect{{Kind: RepositoryDeleted, Repository: at}}, nil
		case "created":
			return ignored("a new repository: its first push brings it in"), nil
		}
		return ignored("action %s of a repository changes nothing that is indexed", cut(p.Action)), nil
	}
	return unknownEvent(event), nil
}
