package config

import (
	"slices"
	"strings"
	"sync"
)

// LiveSetting tells people of a setting that changes while the workers run.
type LiveSetting struct {
	Name    string
	Text    string // its purpose
	Values  string // which kind of value it takes
	Bounds  string // "1 to 1000"; "": any of the kind
	Default string // counts where neither catalog, flag, environment nor file says anything
	Worker  string // the only one that has it; "": several do
}

// LiveSettings lists the settings that change while the workers run, by name.
func LiveSettings() ([]LiveSetting, error) {
	list, err := liveSettings()
	return slices.Clone(list), err
}

// liveSettings finds them once: to try values out takes a while.
var liveSettings = sync.OnceValues(func() ([]LiveSetting, error) {
	known, err := settings()
	if err != nil {
		return nil, err
	}
	var list []LiveSetting
	for _, name := range LiveNames() {
		s := known.sections[""][name]
		var workers []string
		for _, p := range Programs() {
			if _, has := known.sections[p.Name][name]; has {
				workers = append(workers, p.Name)
			}
		}
		l := LiveSetting{Name: name, Text: strings.ReplaceAll(s.flag.Help, " ("+s.flag.Default+")", ""), Values: s.wanted(), Bounds: bounds(name), Default: s.flag.Default}
		if len(workers) == 1 {
			l.Worker = workers[0]
		}
		list = append(list, l)
	}
	return list, nil
})

// beyond are values that are out of the bounds of any setting that has some, by kinds of
// values: numbers and lengths of time.
var beyond = []string{"-1", "-1s", "0", "0s", "9000000000000000000", "2000000h"}

// bounds says which values a live setting takes, in the words in which its check refuses
// one that is out of them.
func bounds(name string) string {
	for _, value := range beyond {
		err := CheckLive(name, value)
		if err == nil {
			continue
		}
		if _, given, found := strings.Cut(err.Error(), ": give "); found {
			return given
		}
	}
	return ""
}
