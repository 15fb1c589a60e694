package service

import (
	"strings"

	"github.com/leatworks/leat/pipeline/lang"
)

// languages turns names that people write, such as go, golang or js, into the names in the index.
func languages(names []string) ([]string, error) {
	found := make([]string, len(names))
	for i, name := range names {
		language, ok := lang.ByAlias(name)
		if !ok {
			reason := "unknown language; give a name or alias of GitHub's, such as Go, python or c++" + similar(name)
			return nil, &Error{Kind: Invalid, Field: FieldLanguage, Value: name, Reason: reason}
		}
		found[i] = language
	}
	return found, nil
}

// similar suggests languages whose names begin in the same way.
func similar(name string) string {
	const most = 5
	if len(name) < 2 {
		return ""
	}
	var names []string
	for _, language := range lang.Names() {
		if strings.HasPrefix(strings.ToLower(language), strings.ToLower(name[:2])) {
			names = append(names, language)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(names[:min(len(names), most)], ", ") + "?)"
}
