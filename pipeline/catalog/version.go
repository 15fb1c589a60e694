package catalog

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// versionName matches the allowed names of versions.
var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/+-]{0,127}$`)

// IsVersionName says whether a version may have the name.
func IsVersionName(name string) bool { return versionName.MatchString(name) }

// Versions are the tracks that are kept on purpose, and the commits at which tracks are
// held.
type Versions struct{ *store }

// Version is a track that is kept on purpose, under a name.
type Version struct {
	Name      string
	Track     uuid.UUID
	Ref       string // full name
	Commit    string // hex; "" before its first snapshot
	Revision  int64
	State     SnapshotState // "" before its first snapshot
	CreatedAt time.Time
	Rule      string // the glob of tags that made it; "": a person did
}

// ErrVersionExists says that another track has the name.
var ErrVersionExists = errors.New("the name is taken by another version")

// Put keeps a track under a name. The track is made if need be, and called back if
// it is being forgotten. It returns ErrVersionExists if another track has the name.
func (vs *Versions) Put(ctx context.Context, name string, t Track) error {
	err := vs.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.LockRepository(ctx, t.Repository); err != nil {
			if noRows(err) {
				return ErrNotFound
			}
			return err
		}
		if err := q.NameTrack(ctx, t.ID, t.Repository, t.Ref); err != nil {
			return err
		}
		kept, err := q.PutVersion(ctx, t.Repository, name, t.ID)
		if err == nil && kept != t.ID {
			return ErrVersionExists
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keep %s of %s as version %s: %w", t.Ref, t.URL, name, err)
	}
	return nil
}

// List lists a repository's versions by name.
func (vs *Versions) List(ctx context.Context, repository uuid.UUID) ([]Version, error) {
	rows, err := vs.query.ListVersions(ctx, repository)
	if err != nil {
		return nil, fmt.Errorf("list versions of repository %s: %w", repository, err)
	}
	list := make([]Version, len(rows))
	for i, r := range rows {
		list[i] = Version{r.Name, r.Track, r.Ref, hex.EncodeToString(r.Commit), r.Revision, SnapshotState(r.State), r.CreatedAt, r.Rule}
	}
	return list, nil
}

// Drop takes a name away. If the track has no other name, it follows its ref again. Drop
// returns the track, or ErrNotFound.
func (vs *Versions) Drop(ctx context.Context, repository uuid.UUID, name string) (track uuid.UUID, err error) {
	err = vs.inTx(ctx, func(q *query.Queries) error {
		if track, err = q.DropVersion(ctx, repository, name); noRows(err) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return q.ReleaseUnversioned(ctx, track)
	})
	if err != nil {
		return track, fmt.Errorf("drop version %s: %w", name, err)
	}
	return track, nil
}

// TracksApart lists the tracks of a tenant that a search reads only if it names them. They
// are versions and single commits of repositories that have another track.
func (vs *Versions) TracksApart(ctx context.Context, tenant string) ([]uuid.UUID, error) {
	ids, err := vs.query.TracksApart(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list versions of tenant %s: %w", tenant, err)
	}
	return ids, nil
}

// Hold lets a track stay at a commit, in hex, whatever its ref names; "" lets it follow
// the ref again. The next submission of the ref brings the track there.
func (vs *Versions) Hold(ctx context.Context, track uuid.UUID, commit string) error {
	var held []byte
	var err error
	if commit != "" {
		if held, err = hex.DecodeString(commit); err != nil {
			return fmt.Errorf("hold track %s at commit %q: %w", track, commit, err)
		}
	}
	n, err := vs.query.HoldTrack(ctx, held, track)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("hold track %s: %w", track, err)
	}
	return nil
}

// Held returns the commit at which a track stays, in hex, or "". A tag that a person has
// kept before it was read stays at head, the commit that it names now.
func (vs *Versions) Held(ctx context.Context, track uuid.UUID, head string) (string, error) {
	row, err := vs.query.HeldCommit(ctx, track)
	if noRows(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("load the held commit of track %s: %w", track, err)
	}
	if row.Due {
		return head, vs.Hold(ctx, track, head)
	}
	return hex.EncodeToString(row.Held), nil
}
