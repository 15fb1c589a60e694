package webhook

import "strings"

// gitLabPayload holds the members of GitLab's payloads that matter
// (docs.gitlab.com/user/project/integrations/webhook_events and
// docs.gitlab.com/administration/system_hooks).
type gitLabPayload struct {
	Event   string `json:"event_name"`
	Kind    string `json:"object_kind"`
	Ref     string `json:"ref"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Project struct {
		Default string `json:"default_branch"`
		HTTP    string `json:"git_http_url"`
		SSH     string `json:"git_ssh_url"`
		Web     string `json:"web_url"`
	} `json:"project"`

	// Of the events of projects.
	Path string `json:"path_with_namespace"`
	Old  string `json:"old_path_with_namespace"`
}

type gitLabChange struct {
	Ref    string `json:"ref"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func parseGitLab(_ string, payload []byte) ([]Effect, error) {
	var p gitLabPayload
	if err := decode(payload, &p); err != nil {
		return nil, err
	}
	at := locate(p.Project.HTTP, p.Project.SSH)
	if len(at) == 0 {
		at = locate(p.Project.Web)
	}
	event := p.Event
	if event == "" {
		event = p.Kind
	}
	switch event {
	case "push", "tag_push":
		return []Effect{moved(at, p.Ref, p.Project.Default, p.Before, p.After, false)}, nil
	case "repository_update":
		return p.update(at, payload)
	case "project_destroy":
		return []Effect{{Kind: RepositoryDeleted, Repository: named(p.Path)}}, nil
	case "project_rename", "project_transfer":
		return renamed(named(p.Path), p.Old), nil
	case "project_create":
		return ignored("a new project: its first push brings it in"), nil
	}
	return unknownEvent(cut(event)), nil
}

// update decodes the changes of a repository_update. It is separate because other events have a
// member of that name with another type.
func (p gitLabPayload) update(at Location, payload []byte) (effects []Effect, err error) {
	var list struct {
		Changes []gitLabChange `json:"changes"`
	}
	if err := decode(payload, &list); err != nil {
		return nil, err
	}
	for _, c := range list.Changes {
		effects = append(effects, moved(at, c.Ref, p.Project.Default, c.Before, c.After, false))
	}
	if len(effects) == 0 {
		return ignored("an update without a changed ref"), nil
	}
	return effects, nil
}

// named returns the location of a repository of which a payload only gives the path. Its host is
// the hook's.
func named(path string) Location {
	path = strings.Trim(path, "/")
	if !cleanPath(path) {
		return nil
	}
	return Location{{Path: path}}
}
