package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

const eventsDir = "../.."

func TestSchemasAreGenerated(t *testing.T) {
	files, err := generate(filepath.Join(eventsDir, "data.go"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(eventsDir, "schema", name))
		if err != nil {
			t.Error(err)
		} else if string(got) != string(want) {
			t.Errorf("events/schema/%s is not what data.go says; run go generate ./events", name)
		}
	}
	present, err := os.ReadDir(filepath.Join(eventsDir, "schema"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range present {
		if _, wanted := files[entry.Name()]; !wanted {
			t.Errorf("events/schema/%s describes no event; remove it", entry.Name())
		}
	}
}

func TestRunWritesWhatGenerateReturns(t *testing.T) {
	dir := t.TempDir()
	source, err := os.ReadFile(filepath.Join(eventsDir, "data.go"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.go"), source, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	files, err := generate(filepath.Join(dir, "data.go"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(dir, "schema", name)); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v, or not what generate returned", name, err)
		}
	}
}

func TestInferSeesAFieldNamedLikeItsStruct(t *testing.T) {
	type Page struct {
		Page string `json:"page"`
		Size int    `json:"size,omitempty"`
	}
	type book struct {
		Page
		Title string `json:"title"`
	}
	schema, err := infer(reflect.TypeFor[book]())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"page", "size", "title"}; !reflect.DeepEqual(schema.PropertyOrder, want) {
		t.Errorf("order = %v, want %v", schema.PropertyOrder, want)
	}
	if want := []string{"page", "title"}; !reflect.DeepEqual(schema.Required, want) {
		t.Errorf("required = %v, want %v", schema.Required, want)
	}
	if len(schema.Properties) != 3 {
		t.Errorf("properties = %v, want 3", schema.Properties)
	}
}
