package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/object"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

// Syncer holds the flags of the syncer.
type Syncer struct {
	Worker
	Git
	Upkeep
	Parser
}

// Check says what to change.
func (s Syncer) Check() error {
	if err := s.Worker.Check(); err != nil {
		return err
	}
	if s.Dir != "" { // without a directory nothing is read from git
		if err := s.Git.Check(); err != nil {
			return err
		}
	}
	if err := s.Parser.Check(); err != nil {
		return err
	}
	return s.Upkeep.Check()
}

// Upkeep says how the syncer keeps S3 and Qdrant true to the catalog, and the catalog true to the
// remotes.
type Upkeep struct {
	PollInterval    time.Duration `env:"LEAT_POLL_INTERVAL" default:"0s" help:"How often the syncer asks each ref's remote whether it has moved (${default}). 0s: never; leat then relies on submissions."`
	ScrubInterval   time.Duration `env:"LEAT_SCRUB_INTERVAL" default:"24h" help:"How often all objects are read and verified (${default}); 0s: never."`
	ScrubRate       int64         `env:"LEAT_SCRUB_RATE" default:"16" placeholder:"N" help:"MiB a second that this reading takes (${default})."`
	PointsInterval  time.Duration `env:"LEAT_POINTS_INTERVAL" default:"1h" help:"How often the index is compared with the catalog (${default}); 0s: never."`
	PointsRate      int64         `env:"LEAT_POINTS_RATE" default:"10000" placeholder:"N" help:"Points a second that this comparison reads (${default})."`
	GarbageInterval time.Duration `env:"LEAT_GARBAGE_INTERVAL" default:"1h" help:"How often content that nothing refers to is collected (${default}); 0s: never."`
	S3ColdClass     string        `name:"s3-cold-class" env:"LEAT_S3_COLD_CLASS" placeholder:"CLASS" help:"Storage class for the objects of old packs, such as STANDARD_IA or GLACIER_IR. Do not give a class whose objects must be restored before a read. Default: objects stay in the bucket's class."`
	S3ColdAfter     time.Duration `name:"s3-cold-after" env:"LEAT_S3_COLD_AFTER" default:"720h" help:"Age at which a pack gets that class (${default})."`
	DormantAfter    time.Duration `env:"LEAT_DORMANT_AFTER" default:"0s" help:"Time after which a ref that nobody searches leaves the index, until somebody searches it again (${default}); 10m or more, or 0s: never."`
	GarbageGrace    time.Duration `env:"LEAT_GARBAGE_GRACE" default:"1h" help:"Time for which such content is kept (${default}). It must be longer than a backup takes."`

	LettersPerTenant    int           `env:"LEAT_LETTERS_PER_TENANT" default:"1000" placeholder:"N" help:"Dead letters that are kept for a tenant; beyond that the oldest go (${default})."`
	LettersMiB          int           `name:"letters-mib" env:"LEAT_LETTERS_MIB" default:"16" placeholder:"MIB" help:"MiB of payloads and headers that a tenant's dead letters may take (${default})."`
	LetterRetention     time.Duration `env:"LEAT_LETTER_RETENTION" default:"2160h" help:"Time for which a dead letter is kept (${default})."`
	DeliveriesPerHook   int           `env:"LEAT_DELIVERIES_PER_HOOK" default:"1000" placeholder:"N" help:"Deliveries that are kept for a webhook; beyond that the oldest go (${default})."`
	DeliveryRetention   time.Duration `env:"LEAT_DELIVERY_RETENTION" default:"720h" help:"Time for which a delivery of a webhook is kept (${default})."`
	GenerationRetention time.Duration `env:"LEAT_GENERATION_RETENTION" default:"24h" help:"Time for which a replaced index is kept, so that 'leat generations rollback' can bring it back (${default})."`

	Backups
}

// frozenClasses are the storage classes of Amazon S3 whose objects must be restored before a read.
var (
	frozenClasses = []string{"GLACIER", "DEEP_ARCHIVE"}
	classPattern  = regexp.MustCompile(`^[A-Z0-9_]{1,64}$`)
)

// leastDormantAfter is twice the time within which searches of a ref are recorded only once.
const leastDormantAfter = 10 * time.Minute

// Check says what to change.
func (u Upkeep) Check() error {
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{
		{"--poll-interval (LEAT_POLL_INTERVAL)", u.PollInterval},
		{"--scrub-interval (LEAT_SCRUB_INTERVAL)", u.ScrubInterval},
		{"--points-interval (LEAT_POINTS_INTERVAL)", u.PointsInterval},
		{"--garbage-interval (LEAT_GARBAGE_INTERVAL)", u.GarbageInterval},
		{"--garbage-grace (LEAT_GARBAGE_GRACE)", u.GarbageGrace},
		{"--s3-cold-after (LEAT_S3_COLD_AFTER)", u.S3ColdAfter},
		{"--letter-retention (LEAT_LETTER_RETENTION)", u.LetterRetention},
		{"--delivery-retention (LEAT_DELIVERY_RETENTION)", u.DeliveryRetention},
		{"--generation-retention (LEAT_GENERATION_RETENTION)", u.GenerationRetention},
	} {
		if d.value < 0 {
			return fmt.Errorf("%s %s: give 0s or more", d.flag, d.value)
		}
	}
	if u.DormantAfter != 0 && u.DormantAfter < leastDormantAfter {
		return fmt.Errorf("--dormant-after (LEAT_DORMANT_AFTER) %s: give 0s or at least %s, because searches are noted every few minutes", u.DormantAfter, leastDormantAfter)
	}
	if u.S3ColdClass != "" && (!classPattern.MatchString(u.S3ColdClass) || slices.Contains(frozenClasses, u.S3ColdClass)) {
		return fmt.Errorf("--s3-cold-class (LEAT_S3_COLD_CLASS) %.64q: give a class whose objects can be read at once, such as STANDARD_IA", u.S3ColdClass)
	}
	if err := u.Backups.Check(); err != nil {
		return err
	}
	if u.ScrubRate < 1 {
		return fmt.Errorf("--scrub-rate (LEAT_SCRUB_RATE) %d: give 1 or more", u.ScrubRate)
	}
	if u.PointsRate < 1 {
		return fmt.Errorf("--points-rate (LEAT_POINTS_RATE) %d: give 1 or more", u.PointsRate)
	}
	if u.LettersPerTenant < 0 {
		return fmt.Errorf("--letters-per-tenant (LEAT_LETTERS_PER_TENANT) %d: give 1 or more", u.LettersPerTenant)
	}
	if u.DeliveriesPerHook < 0 {
		return fmt.Errorf("--deliveries-per-hook (LEAT_DELIVERIES_PER_HOOK) %d: give 1 or more", u.DeliveriesPerHook)
	}
	if u.LettersMiB < 0 || u.LettersMiB > maxStreamMiB {
		return fmt.Errorf("--letters-mib (LEAT_LETTERS_MIB) %d: give 1 to %d", u.LettersMiB, maxStreamMiB)
	}
	return nil
}

// Letters returns the limit of dead letters.
func (u Upkeep) Letters() catalog.LetterLimit {
	return catalog.LetterLimit{Most: u.LettersPerTenant, MostBytes: int64(u.LettersMiB) << 20, Age: u.LetterRetention}
}

// Deliveries returns how many deliveries of webhooks are kept.
func (u Upkeep) Deliveries() syncer.Deliveries {
	return syncer.Deliveries{Age: u.DeliveryRetention, Keep: u.DeliveriesPerHook}
}

// Objects returns the configuration of the scrub and of the collection of garbage.
func (u Upkeep) Objects() object.Config {
	return object.Config{
		ScrubInterval: u.ScrubInterval, ScrubRate: u.ScrubRate << 20, GarbageInterval: u.GarbageInterval, Grace: u.GarbageGrace,
		ColdClass: u.S3ColdClass, ColdAfter: u.S3ColdAfter,
	}
}

// Points returns the configuration of the comparison with Qdrant.
func (u Upkeep) Points(alias string) point.Config {
	return point.Config{Alias: alias, Interval: u.PointsInterval, Rate: u.PointsRate}
}
