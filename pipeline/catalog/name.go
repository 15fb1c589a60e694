package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// A repository has one row, whatever form of its address is submitted: the row is
// found by events.RepositoryName, or by a name that it had before. Its id derives from
// the name under which it first came, and stays when it is renamed.

// Names are the present and former addresses under which repositories are found.
type Names struct{ *store }

// Place is where the catalog keeps the repository of an address.
type Place struct {
	Repository uuid.UUID
	// Former says that the address has a name that the repository had before. The
	// repository is then fetched from URL, because somebody else may have the old name.
	Former bool
	URL    string // the address to fetch, as far as the catalog knows; "": there is no row yet
}

// errMoved says that a repository got another row while work on it began.
var errMoved = errors.New("its name belongs to another repository since a moment ago")

// maxIDs bounds the search for an id that is free. A second one is needed only when a
// name has passed to another repository after the first was renamed.
const maxIDs = 100

// Locate finds the place of an address, or where it will be.
func (ns *Names) Locate(ctx context.Context, tenant, url string) (Place, error) {
	place, err := locate(ctx, ns.query, tenant, url)
	if err != nil {
		return Place{}, fmt.Errorf("look up %s: %w", url, err)
	}
	return place, nil
}

// Find returns the ids of a tenant's repositories that have one of the URLs or of the names (see
// events.RepositoryName), or whose URL or name, after a slash, ends like one of the ends. Neither
// a final ".git" of a URL nor the case of ASCII letters counts in ends.
func (ns *Names) Find(ctx context.Context, tenant string, urls, names, ends []string) ([]uuid.UUID, error) {
	ids, err := ns.query.FindRepositories(ctx, query.FindRepositoriesParams{Tenant: tenant, Urls: orEmpty(urls), Names: orEmpty(names), Ends: orEmpty(ends)})
	if err != nil {
		return nil, fmt.Errorf("look up a repository of tenant %s: %w", tenant, err)
	}
	return ids, nil
}

func locate(ctx context.Context, q *query.Queries, tenant, url string) (Place, error) {
	name := events.RepositoryName(url)
	r, err := q.FindRepository(ctx, tenant, name)
	if err == nil {
		return Place{Repository: r.ID, Former: r.Name != name, URL: r.Url}, nil
	}
	if !noRows(err) {
		return Place{}, err
	}
	for n := range maxIDs {
		source := events.RepositoryURL(name)
		if n > 0 {
			source = fmt.Sprintf("%s#%d", source, n+1)
		}
		id := events.RepositoryID(tenant, source)
		taken, err := q.NameOf(ctx, id)
		switch {
		case noRows(err), err == nil && taken == "":
			return Place{Repository: id}, nil
		case err != nil:
			return Place{}, err
		case taken == name: // made a moment ago
			return Place{Repository: id, URL: url}, nil
		}
	}
	return Place{}, fault.Reject(fmt.Errorf("%d repositories have had its name before", maxIDs))
}

// enter makes the rows of a submission's tenant and repository, if need be.
func enter(ctx context.Context, q *query.Queries, s Submission) error {
	if err := register(ctx, q, s); err != nil {
		return err
	}
	return stands(ctx, q, s.Repository)
}

// register writes the rows of a submission's tenant and repository, if there are none.
func register(ctx context.Context, q *query.Queries, s Submission) error {
	if err := q.KnowTenant(ctx, s.Tenant); err != nil {
		return err
	}
	return q.PutRepository(ctx, query.PutRepositoryParams{ID: s.Repository, Tenant: s.Tenant, Url: s.URL, Name: events.RepositoryName(s.URL)})
}

// stands fails for a repository that has been folded into another.
func stands(ctx context.Context, q *query.Queries, repository uuid.UUID) error {
	name, err := q.NameOf(ctx, repository)
	if noRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return named(name)
}

// named fails for the name of a repository that has been folded into another: it has none.
func named(name string) error {
	if name == "" {
		return fault.Retry(errMoved)
	}
	return nil
}

// Alias records that the repository of one address is now at another, because it was
// renamed or transferred. Its row keeps its id and gets the new name, and the old name
// still finds it. If the new name has a row already, that row wins and takes over the
// refs of the other one. The other row is forgotten ref by ref, as soon as the winner
// has indexed the ref. Nothing is embedded anew. Alias returns the repository that both
// addresses now name, or ErrNotFound if the first address has none.
func (ns *Names) Alias(ctx context.Context, tenant, from, to string) (id uuid.UUID, err error) {
	if events.RepositoryName(from) == events.RepositoryName(to) {
		place, err := ns.Locate(ctx, tenant, to)
		return place.Repository, err
	}
	err = ns.inTx(ctx, func(q *query.Queries) error {
		id, err = alias(ctx, q, tenant, from, to)
		return err
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return id, nil
}

func alias(ctx context.Context, q *query.Queries, tenant, from, to string) (uuid.UUID, error) {
	source, err := locate(ctx, q, tenant, from)
	if err != nil {
		return uuid.Nil, err
	}
	target, err := locate(ctx, q, tenant, to)
	if err != nil {
		return uuid.Nil, err
	}
	oldName, newName := events.RepositoryName(from), events.RepositoryName(to)
	switch {
	case source.URL == "" && target.URL == "":
		return uuid.Nil, ErrNotFound
	case source.URL == "" || source.Former && source.Repository != target.Repository && target.URL != "":
		// The catalog never had the old repository, or its name has passed to a third since.
		return target.Repository, q.PutAlias(ctx, tenant, oldName, target.Repository)
	case source.Former && target.URL == "":
		return source.Repository, nil // it has gone on to a name that is newer
	case source.Repository == target.Repository && !target.Former:
		return target.Repository, nil // known
	case source.Repository == target.Repository, target.URL == "":
		return source.Repository, rename(ctx, q, tenant, source, oldName, newName, to)
	}
	return target.Repository, fold(ctx, q, tenant, source.Repository, target.Repository, oldName)
}

// rename gives a row its new name.
func rename(ctx context.Context, q *query.Queries, tenant string, row Place, oldName, newName, to string) error {
	if _, err := q.LockRepository(ctx, row.Repository); err != nil {
		return err
	}
	if err := q.DropAlias(ctx, tenant, newName); err != nil {
		return err
	}
	fetch := events.FetchURL(row.URL, to)
	if fetch == to {
		fetch = ""
	}
	if err := q.RenameRepository(ctx, query.RenameRepositoryParams{ID: row.Repository, Name: newName, Url: to, FetchUrl: fetch}); err != nil {
		return err
	}
	return q.PutAlias(ctx, tenant, oldName, row.Repository)
}

// fold lets a repository take another's place. name is the name of the other; "" if both
// had the same name in different forms.
func fold(ctx context.Context, q *query.Queries, tenant string, source, target uuid.UUID, name string) error {
	for _, id := range [2]uuid.UUID{target, source} {
		if _, err := q.LockRepository(ctx, id); err != nil {
			return err
		}
	}
	if err := q.FoldRepository(ctx, source); err != nil {
		return err
	}
	if name != "" {
		if err := q.PutAlias(ctx, tenant, name, target); err != nil {
			return err
		}
	}
	if err := q.MoveAliases(ctx, target, source); err != nil {
		return err
	}
	if err := q.MoveSubmissions(ctx, target, source); err != nil {
		return err
	}
	tracks, err := q.ListLiveTracks(ctx, source)
	if err != nil {
		return err
	}
	for _, t := range tracks {
		heir := events.TrackID(target, t.Ref)
		if err := q.InheritTrack(ctx, heir, target, t.ID); err != nil {
			return err
		}
		if err := q.InheritFrom(ctx, heir, t.ID); err != nil {
			return err
		}
		ref := t.Ref
		if t.Head {
			ref = ""
		}
		if err := q.AskFor(ctx, query.AskForParams{Tenant: tenant, Source: foldSource, Repository: target, Ref: ref}); err != nil {
			return err
		}
	}
	return q.ForgetFolded(ctx)
}

// foldSource names the publisher of the submissions that bring a folded repository's
// refs to the one in its place.
const foldSource = "/leat/catalog"

// Unalias takes a former name from a repository: the name belongs to another one now.
func (ns *Names) Unalias(ctx context.Context, tenant, url string) error {
	if err := ns.query.DropAlias(ctx, tenant, events.RepositoryName(url)); err != nil {
		return fmt.Errorf("take the name of %s from the repository that had it: %w", url, err)
	}
	return nil
}
