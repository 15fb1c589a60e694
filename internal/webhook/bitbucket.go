package webhook

// bitbucketPayload holds the members of Bitbucket Cloud's payloads that matter
// (support.atlassian.com/bitbucket-cloud/docs/event-payloads).
type bitbucketPayload struct {
	Repository bitbucketRepository `json:"repository"`
	Push       struct {
		Changes []struct {
			Old *bitbucketRef `json:"old"`
			New *bitbucketRef `json:"new"`
		} `json:"changes"`
	} `json:"push"`
	Changes struct {
		FullName struct {
			Old string `json:"old"`
			New string `json:"new"`
		} `json:"full_name"`
	} `json:"changes"`
}

type bitbucketRepository struct {
	FullName string `json:"full_name"`
	Links    struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
	Main *struct {
		Name string `json:"name"`
	} `json:"mainbranch"`
}

type bitbucketRef struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Target struct {
		Hash string `json:"hash"`
	} `json:"target"`
}

func parseBitbucket(event string, payload []byte) ([]Effect, error) {
	var p bitbucketPayload
	if err := decode(payload, &p); err != nil {
		return nil, err
	}
	at := p.Repository.location()
	switch event {
	case "diagnostics:ping":
		return []Effect{{Kind: Pinged}}, nil
	case "repo:push":
		return p.push(at), nil
	case "repo:deleted":
		return []Effect{{Kind: RepositoryDeleted, Repository: at}}, nil
	case "repo:updated":
		if p.Changes.FullName.Old != "" {
			return renamed(at.moved(p.Changes.FullName.New), p.Changes.FullName.Old), nil
		}
		return ignored("an update that leaves the repository's name as it is"), nil
	case "repo:transfer":
		// The payload does not name the former owner. The repository is read at its
		// new place.
		return []Effect{{Kind: DefaultChanged, Repository: at}}, nil
	}
	return unknownEvent(event), nil
}

// location returns a place on bitbucket.org, because the payload holds no URL to clone from, and
// its links are for browsers.
func (r bitbucketRepository) location() Location {
	host := "bitbucket.org"
	if links := locate(r.Links.HTML.Href); len(links) > 0 {
		host = links[0].Host
	}
	if !cleanPath(r.FullName) {
		return nil
	}
	return Location{
		{Scheme: "https", Host: host, Path: r.FullName, Suffix: ".git"},
		{Scheme: "ssh", Host: host, Path: r.FullName, Suffix: ".git"},
	}
}

func (p bitbucketPayload) push(at Location) (effects []Effect) {
	main := ""
	if p.Repository.Main != nil {
		main = p.Repository.Main.Name
	}
	for _, c := range p.Push.Changes {
		var before, after, ref string
		if c.Old != nil {
			before, ref = c.Old.Target.Hash, typedRef(c.Old.Type, c.Old.Name)
		}
		if c.New != nil {
			after, ref = c.New.Target.Hash, typedRef(c.New.Type, c.New.Name)
		}
		effects = append(effects, moved(at, ref, main, before, after, c.New == nil))
	}
	if len(effects) == 0 {
		return ignored("a push without a changed ref")
	}
	return effects
}
