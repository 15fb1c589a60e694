package house_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// Two changes made at the same time may have taken the same number. Then no catalog could be
// migrated.
func TestNumbersOfMigrations(t *testing.T) {
	files, err := filepath.Glob("../../pipeline/catalog/migration/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	byNumber := make(map[string]string)
	for _, file := range files {
		name := filepath.Base(file)
		number, _, _ := strings.Cut(name, "_")
		if other := byNumber[number]; other != "" {
			t.Errorf("%s has the number of %s: take the next one", name, other)
		}
		byNumber[number] = name
	}
}
