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
	if s.Dir != "" { // without one nothing is read from git
		if err := s.Git.Check(); err != nil {
			return err
		}
	}
	if err := s.Parser.Check(); err != nil {
		return err
	}
	return s.Upkeep.Check()
}

// Upkeep says how the syncer keeps S3 and Qdrant true to the catalog, and the
// catalog to the remotes.
type Upkeep struct {
	PollInterval    time.Duration `env:"LEAT_POLL_INTERVAL" default:"0s" help:"How often each ref's remote is asked whether it has moved (${default}: never; submissions tell)."`
	ScrubInterval   time.Duration `env:"LEAT_SCRUB_INTERVAL" default:"24h" help:"How often all objects are read and proved (${default}); 0s: never."`
	ScrubRate       int64         `env:"LEAT_SCRUB_RATE" default:"16" placeholder:"N" help:"MiB a second that this reads (${default})."`
	PointsInterval  time.Duration `env:"LEAT_POINTS_INTERVAL" default:"1h" help:"How often the index is compared with the catalog (${default}); 0s: never."`
	PointsRate      int64         `env:"LEAT_POINTS_RATE" default:"10000" placeholder:"N" help:"Points a second that this reads (${default})."`
	GarbageInterval time.Duration `env:"LEAT_GARBAGE_INTERVAL" default:"1h" help:"How often content that nothing refers to is collected (${default}); 0s: never."`
	S3ColdClass     string        `name:"s3-cold-class" env:"LEAT_S3_COLD_CLASS" placeholder:"CLASS" help:"Class of storage for the objects of old packs, such as STANDARD_IA or GLACIER_IR; none that has to be thawed before a read. Default: they stay in the bucket's class."`
	S3ColdAfter     time.Duration `name:"s3-cold-after" env:"LEAT_S3_COLD_AFTER" default:"720h" help:"How old a pack is when it gets that class (${default})."`
	DormantAfter    time.Duration `env:"LEAT_DORMANT_AFTER" default:"0s" help:"How long nobody has searched a ref when it leaves the index, until somebody does (${default}: it never leaves); 10m or more."`
	GarbageGrace    time.Duration `env:"LEAT_GARBAGE_GRACE" default:"1h" help:"How long such content is kept (${default}). Longer than a backup takes."`

	LettersPerTenant    int           `env:"LEAT_LETTERS_PER_TENANT" default:"1000" placeholder:"N" help:"Dead letters kept of a tenant; beyond that the oldest go (${default})."`
	LettersMiB          int           `name:"letters-mib" env:"LEAT_LETTERS_MIB" default:"16" placeholder:"MIB" help:"MiB of payloads and headers that a tenant's dead letters may take (${default})."`
	LetterRetention     time.Duration `env:"LEAT_LETTER_RETENTION" default:"2160h" help:"How long a dead letter is kept (${default})."`
	DeliveriesPerHook   int           `env:"LEAT_DELIVERIES_PER_HOOK" default:"1000" placeholder:"N" help:"Deliveries kept of a webhook; beyond that the oldest go (${default})."`
	DeliveryRetention   time.Duration `env:"LEAT_DELIVERY_RETENTION" default:"720h" help:"How long a delivery of a webhook is kept (${default})."`
	GenerationRetention time.Duration `env:"LEAT_GENERATION_RETENTION" default:"24h" help:"How long the index is kept that another has replaced, so that 'leat generations rollback' can bring it back (${default})."`

	Backups
}

// frozenClasses are those of Amazon S3 whose objects have to be restored before a read.
var (
	frozenClasses = []string{"GLACIER", "DEEP_ARCHIVE"}
	classPattern  = regexp.MustCompile(`^[A-Z0-9_]{1,64}$`)
)

// leastDormantAfter is twice the time in which a search of a ref is recorded once.
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

// Letters is the limit of dead letters.
func (u Upkeep) Letters() catalog.LetterLimit {
	return catalog.LetterLimit{Most: u.LettersPerTenant, MostBytes: int64(u.LettersMiB) << 20, Age: u.LetterRetention}
}

// Deliveries is how many deliveries of webhooks are kept.
func (u Upkeep) Deliveries() syncer.Deliveries {
	return syncer.Deliveries{Age: u.DeliveryRetention, Keep: u.DeliveriesPerHook}
}

// Objects configures the scrub and the collection of garbage.
func (u Upkeep) Objects() object.Config {
	return object.Config{
		ScrubInterval: u.ScrubInterval, ScrubRate: u.ScrubRate << 20, GarbageInterval: u.GarbageInterval, Grace: u.GarbageGrace,
		ColdClass: u.S3ColdClass, ColdAfter: u.S3ColdAfter,
	}
}

// Points configures the comparison with Qdrant.
func (u Upkeep) Points(alias string) point.Config {
	return point.Config{Alias: alias, Interval: u.PointsInterval, Rate: u.PointsRate}
}
