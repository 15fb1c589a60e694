package httpapi_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// A token that replaced no other says so by null, which the description allows.
func TestATokenMayHaveNoPredecessor(t *testing.T) {
	text, err := os.ReadFile("../../api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var description struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Type any `json:"type"`
				} `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, schema := range description.Components.Schemas {
		property, has := schema.Properties["rotated_from"]
		if !has {
			continue
		}
		seen++
		if kinds, _ := property.Type.([]any); !slices.Contains(kinds, any("null")) {
			t.Errorf("%s: rotated_from is of type %v, want null among the types", name, property.Type)
		}
	}
	if seen < 2 {
		t.Errorf("%d answers hold rotated_from", seen)
	}
}
