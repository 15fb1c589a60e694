package webhook

// genericPayload is leat's own payload, for scripts and for unknown git hosts.
type genericPayload struct {
	Event  string `json:"event"`
	URL    string `json:"url"`
	Old    string `json:"old_url"`
	Ref    string `json:"ref"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func parseGeneric(event string, payload []byte) ([]Effect, error) {
	var p genericPayload
	if err := decode(payload, &p); err != nil {
		return nil, err
	}
	if p.Event != "" { // the signature covers it, unlike the header
		event = p.Event
	}
	at := exact(locate(p.URL))
	switch event {
	case "ping":
		return []Effect{{Kind: Pinged}}, nil
	case "", "push":
		if p.Ref == "" {
			return []Effect{{Kind: Pushed, Repository: at, Before: commit(p.Before), After: commit(p.After)}}, nil
		}
		return []Effect{moved(at, branch(p.Ref), "", p.Before, p.After, false)}, nil
	case "delete":
		return []Effect{moved(at, branch(p.Ref), "", p.Before, "", true)}, nil
	case "default":
		return []Effect{{Kind: DefaultChanged, Repository: at}}, nil
	case "rename":
		was := exact(locate(p.Old))
		if len(was) == 0 {
			return ignored("the payload of a renaming does not name the former place"), nil
		}
		return []Effect{{Kind: RepositoryRenamed, Repository: at, Was: was}}, nil
	case "repository_delete":
		return []Effect{{Kind: RepositoryDeleted, Repository: at}}, nil
	}
	return unknownEvent(cut(event)), nil
}

// exact marks the location as one on a host that may tell upper from lower case.
func exact(l Location) Location {
	for i := range l {
		l[i].Exact = true
	}
	return l
}
