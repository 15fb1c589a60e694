package config

import "strings"

// LiveSetting tells people of a setting that changes while the workers run.
type LiveSetting struct {
	Name    string
	Text    string // its purpose
	Values  string // which values it takes
	Default string // counts where neither catalog, flag, environment nor file says anything
	Worker  string // the only one that has it; "": several do
}

// LiveSettings lists the settings that change while the workers run, by name.
func LiveSettings() ([]LiveSetting, error) {
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
		l := LiveSetting{Name: name, Text: strings.ReplaceAll(s.flag.Help, " ("+s.flag.Default+")", ""), Values: s.wanted(), Default: s.flag.Default}
		if len(workers) == 1 {
			l.Worker = workers[0]
		}
		list = append(list, l)
	}
	return list, nil
}
