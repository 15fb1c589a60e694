package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// address makes a local path absolute, since the worker that reads it runs in
// another directory; a URL stays as it is.
func address(repo string) (string, error) {
	if strings.Contains(repo, "://") || isSCP(repo) {
		return repo, nil
	}
	path, err := filepath.Abs(repo)
	if err != nil {
		return "", fmt.Errorf("repository %s: %w", repo, err)
	}
	return path, nil
}

// isSCP recognises git's short form of an ssh address, user@host:path.
func isSCP(repo string) bool {
	colon := strings.IndexByte(repo, ':')
	return colon > 0 && !strings.Contains(repo[:colon], "/") && !strings.HasPrefix(repo, ".")
}

// find returns a tenant's tracks of the repositories that name stands for: the
// URL, the absolute path, or the end of one of them. "" is all.
func find(ctx context.Context, c *catalog.Catalog, tenant, name string) ([]catalog.TrackStatus, error) {
	tracks, err := c.Tracks(ctx, tenant)
	if err != nil || name == "" {
		return tracks, err
	}
	full, err := address(name)
	if err != nil {
		return nil, err
	}
	var exact, ending []catalog.TrackStatus
	for _, t := range tracks {
		switch {
		case t.URL == name || t.URL == full || strings.TrimSuffix(t.URL, ".git") == strings.TrimSuffix(name, ".git"):
			exact = append(exact, t)
		case strings.HasSuffix(strings.TrimSuffix(t.URL, ".git"), "/"+strings.TrimSuffix(name, ".git")):
			ending = append(ending, t)
		}
	}
	if len(exact) > 0 {
		return exact, nil
	}
	if ids := repositoriesOf(ending); len(ids) > 1 {
		return nil, fmt.Errorf("%q may be %s or %s: give the whole URL", name, ending[0].URL, ending[len(ending)-1].URL)
	}
	if len(ending) == 0 {
		return nil, fmt.Errorf("no repository %q of tenant %s: 'leat status' lists those there are", name, tenant)
	}
	return ending, nil
}

// repositoriesOf lists the repositories of tracks, each once.
func repositoriesOf(tracks []catalog.TrackStatus) []uuid.UUID {
	var ids []uuid.UUID
	seen := make(map[uuid.UUID]bool)
	for _, t := range tracks {
		if !seen[t.Repository] {
			seen[t.Repository] = true
			ids = append(ids, t.Repository)
		}
	}
	return ids
}
