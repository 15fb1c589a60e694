package catalog

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
)

// TrackFate is the fate of a track of a backup.
type TrackFate string

// The fates.
const (
	TrackAdd      TrackFate = "add"      // the catalog in use lacks it
	TrackHere     TrackFate = "here"     // it is there, at the same commit
	TrackConflict TrackFate = "conflict" // it is there, and different
)

// AnnexTrack is a track of the chosen part.
type AnnexTrack struct {
	ID         uuid.UUID `json:"-"`
	Repository uuid.UUID `json:"id"`
	URL        string    `json:"url"`
	Ref        string    `json:"ref"`
	Commit     string    `json:"commit"` // in the backup; "": no commit was whole
	Documents  int64     `json:"documents"`
	Fate       TrackFate `json:"fate"`
	Why        string    `json:"why,omitempty"` // of a conflict
}

// AnnexPlan lists the rows that the chosen part adds to the catalog in use.
type AnnexPlan struct {
	Tracks    []AnnexTrack `json:"tracks"`
	Documents int64        `json:"documents"` // of the tracks to add, in every state
	Texts     int64        `json:"texts"`     // files' texts that are not stored here
	Chunkings int64        `json:"chunkings"`
	Vectors   int64        `json:"vectors"`
	Packs     int64        `json:"packs"` // of the backup, to read
	PackBytes int64        `json:"pack_bytes"`
	Embed     int64        `json:"embed"` // texts of chunks without a vector of the index's model, neither here nor in the backup
}

// Conflicts are the tracks that cannot be taken over.
func (p AnnexPlan) Conflicts() (list []AnnexTrack) {
	for _, t := range p.Tracks {
		if t.Fate == TrackConflict {
			list = append(list, t)
		}
	}
	return list
}

// ErrNotInBackup says that a backup has no such repository.
var ErrNotInBackup = errors.New("the backup has no such repository")

// Choose looks for the part that scope names, compares it with the catalog in use, and
// notes what is to be taken over. It changes nothing in the catalog in use.
func (x *Annex) Choose(ctx context.Context, scope AnnexScope) (p AnnexPlan, err error) {
	x.scope = scope
	repositories, err := x.repositories(ctx)
	if err != nil {
		return p, err
	}
	domain, err := x.domainConflict(ctx)
	if err != nil {
		return p, err
	}
	if p.Tracks, err = x.tracks(ctx, repositories); err != nil {
		return p, err
	}
	var add []uuid.UUID
	for i := range p.Tracks {
		t := &p.Tracks[i]
		if domain != "" && t.Fate == TrackAdd {
			t.Fate, t.Why = TrackConflict, domain
		}
		if t.Fate == TrackAdd {
			add = append(add, t.ID)
			p.Documents += t.Documents
		}
	}
	if err := x.want(ctx, add); err != nil {
		return p, fmt.Errorf("look for what is missing here: %w", err)
	}
	err = x.a.pool.QueryRow(unlimited(ctx), `select (select count(*) from leat_restore.want_blob), (select count(*) from leat_restore.want_chunking where not here),
		(select count(*) from leat_restore.want_vector), (select count(*) from leat_restore.want_pack),
		(select coalesce(sum(size), 0)::bigint from leat_restore.want_pack),
		(select count(*) from leat_restore.want_text t, embedders e join generations g on g.embedder = e.id and g.state = 'active'
			where not exists (select 1 from vectors v where v.embedder = e.id and v.text = t.text)
				and not exists (select 1 from leat_restore.want_vector v where v.here = e.id and v.text = t.text))`).
		Scan(&p.Texts, &p.Chunkings, &p.Vectors, &p.Packs, &p.PackBytes, &p.Embed)
	if err != nil {
		return p, fmt.Errorf("count what is missing here: %w", err)
	}
	return p, nil
}

// repositories finds the repositories of the scope.
func (x *Annex) repositories(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := x.a.pool.Query(ctx, "select id, url, name from leat_restore.repositories where tenant = $1 and name is not null and forgotten_at is null order by id", x.scope.Tenant)
	if err != nil {
		return nil, fmt.Errorf("list the backup's repositories: %w", err)
	}
	type row struct {
		ID        uuid.UUID
		URL, Name string
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, fmt.Errorf("list the backup's repositories: %w", err)
	}
	var ids []uuid.UUID
	named := x.scope.Repository
	for _, r := range all {
		if named == r.ID.String() || named != "" && events.RepositoryName(named) == r.Name {
			return []uuid.UUID{r.ID}, nil
		}
		if named == "" || strings.HasSuffix(strings.TrimSuffix(r.URL, ".git"), "/"+strings.TrimSuffix(named, ".git")) {
			ids = append(ids, r.ID)
		}
	}
	switch {
	case len(ids) == 0 && named != "":
		return nil, fault.Reject(fmt.Errorf("%w: %.200q of tenant %s", ErrNotInBackup, named, x.scope.Tenant))
	case len(ids) == 0:
		return nil, fault.Reject(fmt.Errorf("the backup has no repository of tenant %s", x.scope.Tenant))
	case len(ids) > 1 && named != "":
		return nil, fault.Reject(fmt.Errorf("%d repositories of the backup end with %.200q: give more of the address", len(ids), named))
	}
	return ids, nil
}

// domainConflict says why texts of the tenant cannot be taken over: they would be in
// another key domain than it has here.
func (x *Annex) domainConflict(ctx context.Context) (why string, err error) {
	var then string
	err = x.a.pool.QueryRow(ctx, `select coalesce((select name from leat_restore.key_domains where tenant = $1 and destroyed_at is null), '')`, x.scope.Tenant).Scan(&then)
	if err != nil {
		return "", fmt.Errorf("look for the backup's key domain: %w", err)
	}
	now, err := (&Keys{x.a.store}).Domain(ctx, x.scope.Tenant)
	switch {
	case err != nil:
		return "", err
	case now.Destroyed:
		return "the key of tenant " + x.scope.Tenant + " was destroyed since, for good: no backup brings its texts back", nil
	case now.Name != then:
		return fmt.Sprintf("its texts are in the key domain %s in the backup, and tenant %s has %s now: submit it again", domainName(then), x.scope.Tenant, domainName(now.Name)), nil
	}
	return "", nil
}

func domainName(name string) string {
	if name == "" {
		return "of the installation"
	}
	return name
}

// tracks compares the tracks of repositories with those of the catalog in use.
func (x *Annex) tracks(ctx context.Context, repositories []uuid.UUID) ([]AnnexTrack, error) {
	rows, err := x.a.pool.Query(ctx, `select t.id, r.id, r.url, t.ref,
			coalesce((select s.commit from leat_restore.snapshots s where s.track = t.id and s.state in ('indexing', 'indexed')), '')::bytea,
			(select count(*) from leat_restore.documents d where d.track = t.id and d.state <> 'removed'),
			exists (select 1 from repositories l where l.tenant = r.tenant and l.id <> r.id and (l.name = r.name or l.url = r.url))
				or exists (select 1 from aliases l where l.tenant = r.tenant and l.name = r.name and l.repository <> r.id),
			exists (select 1 from repositories l left join tracks lt on lt.repository = l.id and lt.id = t.id
				where l.id = r.id and (l.forgotten_at is not null or lt.forgotten_at is not null)),
			exists (select 1 from tracks l where l.id = t.id),
			coalesce((select s.commit from snapshots s where s.track = t.id and s.state in ('indexing', 'indexed')), '')::bytea
		from leat_restore.tracks t join leat_restore.repositories r on r.id = t.repository
		where r.id = any($1) and t.forgotten_at is null order by r.url, t.ref`, repositories)
	if err != nil {
		return nil, fmt.Errorf("compare tracks: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (AnnexTrack, error) {
		t := AnnexTrack{Fate: TrackAdd}
		var then, now []byte
		var taken, forgotten, here bool
		err := row.Scan(&t.ID, &t.Repository, &t.URL, &t.Ref, &then, &t.Documents, &taken, &forgotten, &here, &now)
		t.Commit = hex.EncodeToString(then)
		t.judge(taken, forgotten, here, hex.EncodeToString(now))
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("compare tracks: %w", err)
	}
	return list, nil
}

// judge decides a track's fate.
func (t *AnnexTrack) judge(taken, forgotten, here bool, now string) {
	conflict := func(why string) { t.Fate, t.Why = TrackConflict, why }
	switch {
	case taken:
		conflict("another repository has its name here")
	case forgotten:
		conflict("it is being forgotten here: wait until it is gone")
	case here && now == "":
		conflict("it is being read here for the first time")
	case here && now != t.Commit:
		conflict("it is at commit " + now[:10] + " here: forget this ref first, or leave it as it is")
	case here:
		t.Fate = TrackHere
	}
}

// want notes in the annex what to take over, and which of its content is missing here.
func (x *Annex) want(ctx context.Context, tracks []uuid.UUID) error {
	return x.inTx(ctx, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`drop table if exists leat_restore.want_track, leat_restore.want_chunking, leat_restore.want_text, leat_restore.want_blob,
				leat_restore.want_vector, leat_restore.want_pack`,
			"create table leat_restore.want_track (id uuid primary key)",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "insert into leat_restore.want_track select unnest($1::uuid[])", tracks); err != nil {
			return err
		}
		for _, sql := range wants {
			if _, err := tx.Exec(unlimited(ctx), sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// wants are the statements that make the tables of what to take over. They look for the
// vectors of texts with each embedder that both catalogs know in the same form.
var wants = []string{
	`create table leat_restore.want_chunking as
		select k.id, k.blob, k.language, k.chunker, exists (select 1 from chunkings l where l.blob = k.blob and l.language = k.language and l.chunker = k.chunker) as here
		from leat_restore.chunkings k
		where k.id in (select d.chunking from leat_restore.documents d join leat_restore.want_track t on t.id = d.track)`,
	`alter table leat_restore.want_chunking add primary key (id)`,
	`create table leat_restore.want_blob as
		select b.sha256, b.size, p.key, b.position, b.length, b.crc32c from leat_restore.blobs b left join leat_restore.packs p on p.id = b.pack
		where b.sha256 in (select k.blob from leat_restore.want_chunking k) and not exists (select 1 from blobs l where l.sha256 = b.sha256)`,
	`create index on leat_restore.want_blob (key, position)`,
	`create table leat_restore.want_text as
		select distinct c.text from leat_restore.chunks c join leat_restore.want_chunking k on k.id = c.chunking`,
	`create table leat_restore.want_vector as
		select l.id as here, v.text, v.terms, p.key, v.position, v.length, v.crc32c
		from leat_restore.want_text t
		join leat_restore.vectors v on v.text = t.text
		join leat_restore.embedders e on e.id = v.embedder
		join leat_restore.packs p on p.id = v.pack
		join embedders l on l.name = e.name and l.dimensions = e.dimensions and l.distance = e.distance and l.recipe = e.recipe
		where not exists (select 1 from vectors o where o.embedder = l.id and o.text = v.text)`,
	`create index on leat_restore.want_vector (key, position)`,
	`create table leat_restore.want_pack as
		select key, size from leat_restore.packs
		where key in (select b.key from leat_restore.want_blob b union select v.key from leat_restore.want_vector v)`,
	`analyze leat_restore.want_chunking, leat_restore.want_blob, leat_restore.want_text, leat_restore.want_vector`,
}
