package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

// Gauges are the figures of the whole catalog, and of the server that holds it.
type Gauges struct{ *store }

// Figures count the rows and the owed work of the catalog, over all tenants.
type Figures struct {
	Documents        map[string]int64 // by state
	OldestSubmission time.Duration    // age of the oldest that is pending; 0: none is
	OldestSnapshot   time.Duration    // age of the oldest that is not indexed yet; 0: all are
	Letters          int64            // dead letters
	Garbage          int64            // packs whose objects are to be deleted
	SpentTenants     int64            // tenants whose embedding budget of the day is spent
}

// Figures counts. It reads an index of all documents: a second for some millions.
func (g *Gauges) Figures(ctx context.Context) (Figures, error) {
	f := Figures{Documents: make(map[string]int64)}
	row, err := g.query.LoadFigures(ctx)
	if err != nil {
		return f, fmt.Errorf("load figures: %w", err)
	}
	f.OldestSubmission, f.OldestSnapshot = seconds(row.OldestSubmission), seconds(row.OldestSnapshot)
	f.Letters, f.Garbage, f.SpentTenants = row.Letters, row.Garbage, row.Spent
	states, err := g.query.CountDocumentStates(ctx)
	if err != nil {
		return f, fmt.Errorf("count documents by state: %w", err)
	}
	for _, s := range states {
		f.Documents[s.State] = s.Documents
	}
	return f, nil
}

// Freshness is the time from the submission that asked for a snapshot until the snapshot
// could be searched. It returns ErrNotFound if it cannot be searched yet.
func (g *Gauges) Freshness(ctx context.Context, track uuid.UUID, revision int64) (events.Lane, time.Duration, error) {
	row, err := g.query.LoadFreshness(ctx, track, revision)
	if noRows(err) {
		return "", 0, ErrNotFound
	}
	if err != nil {
		return "", 0, fmt.Errorf("load the freshness of track %s: %w", track, err)
	}
	return row.Lane, seconds(row.Seconds), nil
}

// Measurement is the amount of something at an hour.
type Measurement struct {
	Name        string
	At          time.Time
	Value, Most float64 // Most is 0 where no limit is known
}

// keptMeasurements is the number of days that measurements are kept.
const keptMeasurements = 90

// Keep keeps one measurement of each name an hour, the first that is given.
func (g *Gauges) Keep(ctx context.Context, list ...Measurement) error {
	for _, m := range list {
		if err := g.query.PutMeasurement(ctx, m.Name, m.Value, m.Most); err != nil {
			return fmt.Errorf("keep the measurement of %s: %w", m.Name, err)
		}
	}
	if err := g.query.DropMeasurements(ctx, keptMeasurements); err != nil {
		return fmt.Errorf("drop old measurements: %w", err)
	}
	return nil
}

// Measurements lists the measurements of the last days, by name and time.
func (g *Gauges) Measurements(ctx context.Context, days int) ([]Measurement, error) {
	rows, err := g.query.ListMeasurements(ctx, int32(days))
	if err != nil {
		return nil, fmt.Errorf("list measurements: %w", err)
	}
	list := make([]Measurement, len(rows))
	for i, r := range rows {
		list[i] = Measurement{r.Name, r.At, r.Value, r.Most}
	}
	return list, nil
}

// PackBytes is the size of all packs in S3.
func (g *Gauges) PackBytes(ctx context.Context) (int64, error) {
	n, err := g.query.SumPacks(ctx)
	if err != nil {
		return 0, fmt.Errorf("sum up packs: %w", err)
	}
	return n, nil
}

// Server holds the figures that Postgres gives about itself.
type Server struct {
	Version                      int    // such as 170002
	Release                      string // such as 17.2
	Clock                        time.Time
	Connections, MostConnections int64
	Bytes                        int64 // of the database
	Replica                      bool  // it takes no writes
}

// Server asks Postgres about itself.
func (g *Gauges) Server(ctx context.Context) (Server, error) {
	var s Server
	err := g.pool.QueryRow(ctx, serverFacts).Scan(&s.Version, &s.Release, &s.Clock, &s.MostConnections, &s.Connections, &s.Bytes, &s.Replica)
	if err != nil {
		return s, fmt.Errorf("ask postgres about itself: %w", err)
	}
	return s, nil
}

// serverFacts reads views of the system, which sqlc does not know.
const serverFacts = `select current_setting('server_version_num')::int, current_setting('server_version'), clock_timestamp(),
	current_setting('max_connections')::int, (select count(*) from pg_stat_activity where backend_type = 'client backend'),
	pg_database_size(current_database()), pg_is_in_recovery()`
