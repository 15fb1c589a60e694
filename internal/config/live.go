package config

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// live are the settings that can change while the workers run. The catalog holds the values that
// somebody has set. They take precedence over flags, environment and file. None of these settings
// changes the content of an index.
var live = []string{
	"log-level",
	"approve-share", "bulk-files", "bulk-window", "bulk-ingests",
	"poll-interval", "scrub-interval", "scrub-rate", "points-interval", "points-rate", "garbage-interval", "garbage-grace",
	"letters-per-tenant", "letters-mib", "letter-retention", "generation-retention",
	"max-body-bytes", "request-timeout", "max-requests", "token-rate", "token-burst", "token-streams",
}

// LiveNames lists the settings that can change while the workers run.
func LiveNames() []string { return slices.Sorted(slices.Values(live)) }

// liveFlags holds the flags of all live settings.
type liveFlags struct {
	Log
	Guard
	Bulk
	Upkeep
	Door
}

// CheckLive says what is wrong with a value for a live setting.
func CheckLive(name, value string) error {
	if !slices.Contains(live, name) {
		return fmt.Errorf("%.40q cannot change while the workers run: choose one of %s, or set it by flag, environment or file", name, strings.Join(LiveNames(), ", "))
	}
	var cfg liveFlags
	flags, err := flagsOf(Program{Name: ownSection}, &cfg)
	if err != nil {
		return err
	}
	s := flags[name]
	if text := s.refuse(entry{text: value, plain: true}); text != "" {
		return fmt.Errorf("%s: %s", name, text)
	}
	for _, other := range flags { // the other flags take their defaults, whatever this environment says
		if err := set(other.flag, other.flag.Default); other.flag.HasDefault && err != nil {
			return err
		}
	}
	if err := set(s.flag, value); err != nil {
		return err
	}
	for _, part := range []Flags{cfg.Guard, cfg.Bulk, cfg.Upkeep, cfg.Door} {
		if err := part.Check(); err != nil {
			return fmt.Errorf("%s", named.ReplaceAllString(err.Error(), "$1"))
		}
	}
	return nil
}

// set gives a flag a value.
func set(flag *kong.Flag, value string) error {
	return flag.Parse(kong.Scan().PushTyped(value, kong.FlagValueToken), flag.Target)
}

// Live changes the live settings of a running program. No code may use the settings while Apply
// changes them.
type Live struct {
	flags map[string]*kong.Flag
	base  map[string]reflect.Value // the values of command line, environment and file
	held  map[string]string        // the catalog's latest values of this program's settings
}

// NewLive takes the parsed flags of a program.
func NewLive(flags []*kong.Flag) (*Live, error) {
	known, err := settings()
	if err != nil {
		return nil, err
	}
	keys := known.keys()
	l := &Live{make(map[string]*kong.Flag), make(map[string]reflect.Value), make(map[string]string)}
	for _, flag := range flags {
		if len(flag.Envs) == 0 || !slices.Contains(live, keys[flag.Envs[0]]) {
			continue
		}
		key := keys[flag.Envs[0]]
		l.flags[key] = flag
		l.base[key] = reflect.New(flag.Target.Type()).Elem()
		l.base[key].Set(flag.Target)
	}
	return l, nil
}

// own returns the settings of the catalog that this program has.
func (l *Live) own(settings map[string]string) map[string]string {
	own := make(map[string]string)
	for name, value := range settings {
		if l.flags[name] != nil {
			own[name] = value
		}
	}
	return own
}

// levelName is the setting of the level of logs, for which no worker has to start again.
const levelName = "log-level"

// Differs reports whether the catalog's settings for this program, apart from the level of its
// logs, differ from the ones that were applied last.
func (l *Live) Differs(settings map[string]string) bool {
	now, then := l.own(settings), maps.Clone(l.held)
	delete(now, levelName)
	delete(then, levelName)
	return !maps.Equal(now, then)
}

// Level returns the level of logs that the catalog's settings ask for.
func (l *Live) Level(settings map[string]string) slog.Level {
	level, ok := slog.LevelInfo, false
	if base, found := l.base[levelName]; found {
		level, ok = base.Interface().(slog.Level)
	}
	if text, found := settings[levelName]; found && ok {
		var asked slog.Level
		if asked.UnmarshalText([]byte(text)) == nil {
			return asked
		}
	}
	return level
}

// Apply sets the program's flags to the values of the catalog. Flags that the catalog does not name
// get their own values back. It leaves out a value that does not fit, such as one of another
// release.
func (l *Live) Apply(settings map[string]string) (refused []error) {
	l.held = l.own(settings)
	for name, flag := range l.flags {
		flag.Target.Set(l.base[name])
		value, found := l.held[name]
		if !found {
			continue
		}
		err := CheckLive(name, value)
		if err == nil {
			err = set(flag, value)
		}
		if err != nil {
			refused = append(refused, err)
		}
	}
	return refused
}
