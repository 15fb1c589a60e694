// Package ingest is the ingestor's step: it reads a repository at a commit, and writes
// the changes since the last commit into the catalog and the store.
//
// The main path is Handle: fetch, rules, snapshot, list, publish. Only a complete
// listing counts: the snapshot becomes the track's current one after the last path of
// the commit's tree, and only then are documents removed that the tree no longer holds.
//
// The package writes no path of a repository to the file system, and holds no more of a
// repository in memory than a batch.
package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/line"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/text"
)

// Config configures the step.
type Config struct {
	Filter       lang.Config    // which files are indexed
	Formats      extract.Config // how PDF, .docx and HTML files are read
	MaxFiles     int64          // of a commit; a larger commit is rejected; default 500,000
	MaxPathBytes int64          // of a commit's paths together; default 64 MiB
	BulkFiles    int            // a first ingest of more files takes the bulk lane; default 500
	// BulkWindow bounds the documents of one tenant that are on their way through the
	// embedders and indexers in the bulk lane. The tenant's repositories share it
	// evenly. Default 4,096.
	BulkWindow int
	// LiveWindow bounds the documents of one tenant that are on their way in the live lane
	// before more of the same commit follow. The first documents of a commit follow while
	// there are at most twice as many. Default 2,048.
	LiveWindow int
	BulkTurns  int // batches of long listings of one tenant under way at once, of all tenants twice as many; default 2
	// Splitter cuts texts. Default: package chunk, in this process.
	Splitter Splitter
	// RenewEvery is the interval at which a submission under way gets a new lease, so
	// that it is not published again meanwhile; default 30 s.
	RenewEvery time.Duration

	// A commit that removes more than ApproveFiles of a track's documents, and
	// more than the ApproveShare of them, waits for approval. Defaults: 100, and
	// 0.5; a share of 1 lets everything through.
	ApproveFiles int
	ApproveShare float64

	// Credentials returns a tenant's credentials for git hosts. Default: every tenant
	// fetches with those of the installation.
	Credentials func(ctx context.Context, tenant string) (git.Credentials, error)

	Watch *pipeline.Watch // measures the parts of the step; default: nobody
}

// Splitter cuts texts into chunks and finds their facts, each as chunk.Cut does. It fails
// if ctx has ended, or for a reason that lies outside the texts.
type Splitter interface {
	Cut(ctx context.Context, texts []chunk.Text) ([]chunk.Cutting, error)
}

// The defaults.
const (
	DefaultMaxFiles     = 500_000  // five times Linux
	DefaultMaxPathBytes = 64 << 20 // 128 bytes a path
	DefaultBulkFiles    = 500      // work of a second or two stays in the live lane
	DefaultBulkWindow   = 4096     // two rounds of eight embedders
	DefaultLiveWindow   = 2048     // a round of eight embedders
	DefaultBulkTurns    = 2        // one batch is read while another is stored
	DefaultRenewEvery   = catalog.DefaultLease / 4

	DefaultApproveFiles = 100 // a small repository may well be turned inside out
	DefaultApproveShare = 0.5
)

// maxKey bounds a submission's source and id together, in bytes: they are a
// key in Postgres, whose index takes 2,704 bytes in all.
const maxKey = 2 << 10

// Step ingests repositories.
type Step struct {
	cfg      Config
	config   [32]byte // fingerprint of cfg and of the versions of the rules
	contents content.Reader
	mirrors  *git.Mirrors
	catalog  Rooms
	blobs    *blob.Store
	events   *announce.Publisher
	log      *slog.Logger
	turns    *line.Places // batches of long listings
	fetches  *fetches
}

// Rooms are the parts of the catalog that the ingestor may touch.
type Rooms struct {
	*catalog.Core
	Approvals   *catalog.Approvals
	Facts       *catalog.Facts
	Generations *catalog.Generations
	Keys        *catalog.Keys
	Locks       *catalog.Locks
	Names       *catalog.Names
	Submissions *catalog.Submissions
	Tags        *catalog.Tags
	Tenants     *catalog.Tenants
	Versions    *catalog.Versions
}

// RoomsOf takes the ingestor's rooms from a catalog.
func RoomsOf(c *catalog.Catalog) Rooms {
	return Rooms{
		Core: c.Core, Approvals: c.Approvals, Facts: c.Facts, Generations: c.Generations, Keys: c.Keys, Locks: c.Locks,
		Names: c.Names, Submissions: c.Submissions, Tags: c.Tags, Tenants: c.Tenants, Versions: c.Versions,
	}
}

// New checks the configuration and returns a step.
func New(
	cfg Config, m *git.Mirrors, r Rooms, blobs *blob.Store, p *announce.Publisher, log *slog.Logger,
) (*Step, error) {
	if cfg.MaxFiles == 0 {
		cfg.MaxFiles = DefaultMaxFiles
	}
	if cfg.MaxPathBytes == 0 {
		cfg.MaxPathBytes = DefaultMaxPathBytes
	}
	if cfg.BulkFiles == 0 {
		cfg.BulkFiles = DefaultBulkFiles
	}
	if cfg.BulkWindow == 0 {
		cfg.BulkWindow = DefaultBulkWindow
	}
	if cfg.LiveWindow == 0 {
		cfg.LiveWindow = DefaultLiveWindow
	}
	if cfg.BulkTurns == 0 {
		cfg.BulkTurns = DefaultBulkTurns
	}
	if cfg.Splitter == nil {
		cfg.Splitter = child.InProcess{}
	}
	if cfg.RenewEvery == 0 {
		cfg.RenewEvery = DefaultRenewEvery
	}
	if cfg.ApproveFiles == 0 {
		cfg.ApproveFiles = DefaultApproveFiles
	}
	if cfg.ApproveShare == 0 {
		cfg.ApproveShare = DefaultApproveShare
	}
	if err := cfg.Filter.Check(); err != nil {
		return nil, err
	}
	rules, err := lang.Compile(cfg.Filter, nil, nil)
	if err != nil {
		return nil, err
	}
	if !chunk.Trees {
		log.Warn("built without cgo: code is cut by lines, but for Go")
	}
	s := &Step{
		cfg: cfg, contents: content.New(cfg.Formats), mirrors: m, blobs: blobs, events: p, log: log,
		catalog: r,
		turns:   line.NewPlaces(2*cfg.BulkTurns, false), fetches: newFetches(),
	}
	s.config = s.fingerprint(rules)
	if why := s.contents.Missing(); why != "" && !cfg.Filter.NoPDF {
		log.Info("PDF files are skipped", "reason", why)
	}
	return s, nil
}

// fingerprint hashes everything that decides the result of reading a file, including
// the version of the program that reads PDF, since versions lay out a text
// differently. With a new fingerprint every file is read anew.
func (s *Step) fingerprint(rules *lang.Rules) [32]byte {
	sum := rules.Fingerprint()
	all := sum[:]
	for _, version := range []uint32{chunk.Version, text.Version, secret.Version, extract.Version} {
		all = binary.BigEndian.AppendUint32(all, version)
	}
	if !s.cfg.Filter.NoPDF {
		all = append(all, s.contents.Program()...)
	}
	return sha256.Sum256(all)
}

// Handle brings a track up to the commit that its ref names now.
func (s *Step) Handle(ctx context.Context, m pipeline.Message) error {
	sub, remote, err := s.submission(m)
	if err != nil {
		return fault.Reject(err)
	}
	for range maxMoves {
		if remote, err = s.locate(ctx, &sub, remote); err != nil {
			return err
		}
		// One worker at a time on a repository: two pushes in a row would
		// otherwise list the same tree twice.
		err = s.alone(ctx, m, sub.Repository, func(ctx context.Context) error {
			if done, err := s.catalog.Submissions.Accept(ctx, sub); done || err != nil {
				return err
			}
			return s.renewing(ctx, sub, func() error { return s.ingest(ctx, m, sub, remote) })
		})
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return err
}

// submission reads the request of an event. The result names the tenant even if the
// rest is refused, unless the submission's key cannot be stored.
func (s *Step) submission(m pipeline.Message) (catalog.Submission, git.Remote, error) {
	sub := catalog.Submission{SubmissionKey: catalog.SubmissionKey{Source: m.Source, Event: m.ID}}
	if len(m.Source)+len(m.ID) > maxKey {
		return sub, git.Remote{}, fmt.Errorf("source and id have %d bytes together; at most %d are accepted", len(m.Source)+len(m.ID), maxKey)
	}
	tenant, err := events.SubmittedTenant(m.On)
	if err != nil {
		return sub, git.Remote{}, err
	}
	sub.Tenant = tenant
	data, err := pipeline.DataOf[events.RepoSubmitted](m)
	if err != nil {
		return sub, git.Remote{}, err
	}
	sub.Ref = data.Ref
	remote, err := s.mirrors.Parse(data.URL)
	if err != nil {
		return sub, remote, err
	}
	sub.URL = remote.String()
	return sub, remote, nil
}

// renewing renews the submission's lease while fn works on it.
func (s *Step) renewing(ctx context.Context, sub catalog.Submission, fn func() error) error {
	ctx, stop := context.WithCancel(ctx)
	var renewal sync.WaitGroup
	renewal.Go(func() {
		ticker := time.NewTicker(s.cfg.RenewEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := s.catalog.Submissions.Renew(ctx, sub); err != nil && ctx.Err() == nil {
				s.log.Warn("a submission's lease was not renewed", "repository", sub.URL, "error", err)
			}
		}
	})
	defer renewal.Wait()
	defer stop()
	return fn()
}

func (s *Step) ingest(ctx context.Context, m pipeline.Message, sub catalog.Submission, remote git.Remote) error {
	if err := s.roomForRepository(ctx, sub); err != nil {
		return err
	}
	domain, err := s.domain(ctx, sub.Tenant)
	if err != nil {
		return err
	}
	head, err := s.fetch(ctx, m, sub, remote)
	if err == nil && head.Moved != "" {
		err = s.moved(ctx, sub, head.Moved)
	}
	if errors.Is(err, git.ErrNoRef) || errors.Is(err, git.ErrEmpty) {
		return s.gone(ctx, sub, err)
	}
	if err != nil {
		return err
	}
	track := catalog.Track{
		ID: events.TrackID(sub.Repository, head.Ref), Repository: sub.Repository, Tenant: sub.Tenant, URL: sub.URL, Ref: head.Ref,
	}
	if err := s.follow(ctx, sub, track); err != nil {
		return err
	}
	held, err := s.hold(ctx, m, sub, remote, track, &head)
	if err != nil {
		return err
	}
	revision, listed, err := s.catalog.Listed(ctx, track.ID, head.Commit, within(domain, s.config))
	if err != nil {
		return err
	}
	if !listed {
		revision, err = s.snapshot(ctx, m, track, domain, s.mirrors.Open(sub.Repository.String()), head.Commit, held)
		if w := (*waiting)(nil); errors.As(err, &w) {
			s.log.WarnContext(ctx, "a commit waits for approval", "repository", track.URL, "ref", track.Ref, "commit", head.Commit, "reason", w)
			return s.catalog.Approvals.AwaitFor(ctx, sub, w.Approval, w.Error())
		}
		if err != nil {
			return fmt.Errorf("ingest %s at %s: %w", sub.URL, head.Commit, err)
		}
	}
	if sub.Head() {
		if err := s.succeed(ctx, track, head.Commit); err != nil {
			return err
		}
	}
	if err := s.keepTags(ctx, sub, remote); err != nil {
		return err
	}
	if err := s.catalog.Submissions.Finish(ctx, sub, track.ID, revision); err != nil {
		return err
	}
	return announce.Complete(ctx, s.catalog, s.catalog.Generations, s.events, map[uuid.UUID]announce.Trace{track.ID: announce.TraceOf(ctx)})
}

// domain returns the key domain of a tenant's texts. Nothing is read for a tenant whose keys
// were destroyed: its texts would be back at the next push.
func (s *Step) domain(ctx context.Context, tenant string) (string, error) {
	domain, err := s.catalog.Keys.Domain(ctx, tenant)
	if err == nil && domain.Destroyed {
		err = fault.Reject(fmt.Errorf("the key of tenant %s was destroyed, and its texts with it: create a new one to index it again", tenant))
	}
	return domain.Name, err
}

// within is a fingerprint in a key domain: with another domain every file is read anew.
func within(domain string, fingerprint [32]byte) [32]byte {
	if domain == "" {
		return fingerprint
	}
	return sha256.Sum256(append([]byte(domain+"\n"), fingerprint[:]...))
}

// gone ends a submission of a ref that the remote no longer has. The ref's track, if
// there is one, is forgotten if somebody reported the deletion; else it keeps its index
// and records the fact. There is no dead letter, because branches come and go.
func (s *Step) gone(ctx context.Context, sub catalog.Submission, cause error) error {
	known, err := s.catalog.RefGone(ctx, sub, git.Names(sub.Ref), cause.Error())
	if err == nil && !known {
		return cause
	}
	return err
}

// hold reports whether a person holds the track at a commit. If so, that commit takes the
// place of the one that the track's ref names.
func (s *Step) hold(ctx context.Context, m pipeline.Message, sub catalog.Submission, remote git.Remote, track catalog.Track, head *git.Head) (bool, error) {
	held, err := s.catalog.Versions.Held(ctx, track.ID, head.Commit)
	if err != nil || held == "" || held == head.Commit {
		return held != "", err
	}
	sub.Ref = held
	at, err := s.fetch(ctx, m, sub, remote)
	head.Commit = at.Commit
	return true, err
}

// snapshot lists a commit and returns its revision. A commit at which the track is held
// was chosen by a person, and needs no approval.
func (s *Step) snapshot(ctx context.Context, m pipeline.Message, track catalog.Track, domain string, repo *git.Repo, commit string, held bool) (int64, error) {
	tree, err := s.survey(ctx, repo, commit)
	if err != nil {
		return 0, err
	}
	rules := catalog.Rules{Config: within(domain, s.config), All: tree.fingerprint(within(domain, s.fingerprint(tree.rules)))}
	diff := &difference{repo: repo, to: commit}
	next := candidate{track, repo, commit, tree.rules, rules, diff}
	expected, err := s.roomForDocuments(ctx, next)
	if err != nil {
		return 0, err
	}
	if !held {
		if err := s.permit(ctx, next); err != nil {
			return 0, err
		}
	}
	snapshot, err := s.begin(ctx, next, expected, func(first bool) events.Lane {
		if first && tree.files > int64(s.cfg.BulkFiles) {
			return events.Bulk
		}
		return events.Live
	})
	if err != nil {
		return 0, err
	}
	l := &listing{step: s, message: m, track: track, snapshot: snapshot, domain: domain, rules: tree.rules, repo: repo, diff: diff, whole: tree.odd() || snapshot.Base == nil || !snapshot.Base.Exact, twice: tree.twice, tree: tree.few}
	if l.bulk() {
		m.SetAside()
	}
	err = s.list(ctx, l, tree.files)
	if kind, _ := fault.Of(err); err != nil && kind == fault.KindRetry && !l.whole && ctx.Err() == nil && !errors.Is(err, pipeline.ErrStopping) {
		// Perhaps the catalog and the base's tree differed, or a new mirror lacks the base.
		// List the whole tree; if the cause was another one, that fails in the same way.
		if !errors.Is(err, git.ErrNoCommit) {
			s.log.WarnContext(ctx, "listing the differences failed; listing the whole tree", "repository", track.URL, "commit", commit, "error", err)
		}
		l.whole = true
		err = s.list(ctx, l, tree.files)
	}
	if err != nil {
		return 0, err
	}
	s.log.InfoContext(ctx, "listed", "repository", track.URL, "ref", track.Ref, "commit", commit, "revision", snapshot.Revision,
		"files", tree.files, "looked_at", l.looked, "removed", l.removed)
	return snapshot.Revision, nil
}

func (s *Step) list(ctx context.Context, l *listing, files int64) error {
	if err := l.run(ctx); err != nil {
		return err
	}
	return s.catalog.FinishListing(ctx, l.snapshot, files)
}

// Delay implements pipeline.Ledger.
func (s *Step) Delay(ctx context.Context, m pipeline.Message, reason string, b catalog.Backoff) (int, error) {
	sub, remote, err := s.submission(m)
	if err != nil {
		return 0, nil // Handle refuses it
	}
	if _, err := s.place(ctx, &sub, remote); err != nil {
		return 0, err
	}
	return s.catalog.Submissions.Delay(ctx, sub, reason, b)
}

// Bury implements pipeline.Ledger.
func (s *Step) Bury(ctx context.Context, m pipeline.Message, reason string) error {
	sub, remote, err := s.submission(m)
	switch {
	case sub.Tenant == "":
		return nil // there is no row to record it on: the dead letter is the only record
	case err != nil:
		return s.catalog.Submissions.Refuse(ctx, sub.SubmissionKey, sub.Ref, reason)
	}
	if _, err := s.place(ctx, &sub, remote); err != nil {
		return err
	}
	return s.catalog.Submissions.Fail(ctx, sub, reason)
}
