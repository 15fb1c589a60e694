package config

import (
	"slices"
	"strings"
	"sync"
)

// LiveSetting describes to people a setting that can change while the workers run.
type LiveSetting struct {
	Name    string
	Text    string // its purpose
	Values  string // the kind of values it takes
	Bounds  string // such as "1 to 1000"; "": any value of the kind
	Default string // the value if neither catalog, flag, environment nor file gives one
	Worker  string // the only worker that has it; "": several have it
}

// LiveSettings lists the settings that can change while the workers run, by name.
func LiveSettings() ([]LiveSetting, error) {
	list, err := liveSettings()
	return slices.Clone(list), err
}

// liveSettings makes the list once, because trying values out takes a while.
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

// beyond are numbers and durations that lie outside the bounds of any setting with bounds.
var beyond = []string{"-1", "-1s", "0", "0s", "9000000000000000000", "2000000h"}

// bounds says which values a live setting takes. It takes the words from the error with which the
// setting's check refuses a value out of bounds.
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
