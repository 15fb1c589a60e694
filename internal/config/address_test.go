package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/config"
)

// An address is checked wherever it is given, and its schema says the same.
func TestAddress(t *testing.T) {
	for text, right := range map[string]bool{
		"127.0.0.1:8475": true, ":0": true, "[::1]:80": true, "none": true,
		"8475": false, "localhost": false, "": false, "nowhere": false, "[::1]": false,
	} {
		t.Run(text, func(t *testing.T) {
			var cfg config.Gateway
			parser, err := config.GatewayProgram.Parser(&cfg, "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = parser.Parse([]string{"--listen=" + text})
			if right && (err != nil || cfg.Listen != config.Address(text)) {
				t.Errorf("%q, %v", cfg.Listen, err)
			}
			if !right && (err == nil || !strings.Contains(err.Error(), "give ADDRESS:PORT") || !strings.Contains(err.Error(), "--listen")) {
				t.Errorf("%v; want to be told of --listen what to give", err)
			}
		})
	}
}

// The schema names a default for all programs only if they have the same one.
func TestSchemaOfDefaults(t *testing.T) {
	text, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	type values struct {
		Default    any
		Pattern    string
		Properties map[string]values
	}
	var schema values
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	all, ingestor, embedder := schema.Properties, schema.Properties["ingestor"].Properties, schema.Properties["embedder"].Properties
	if all["listen"].Default != nil || all["in-flight"].Default != nil || all["drain-timeout"].Default != "20s" {
		t.Errorf("defaults for all: %v, %v, %v", all["listen"].Default, all["in-flight"].Default, all["drain-timeout"].Default)
	}
	if ingestor["listen"].Default != "127.0.0.1:8471" || embedder["listen"].Default != "127.0.0.1:8472" || embedder["in-flight"].Default != 256.0 {
		t.Errorf("defaults of programs: %v, %v, %v", ingestor["listen"].Default, embedder["listen"].Default, embedder["in-flight"].Default)
	}
	if all["listen"].Pattern == "" {
		t.Error("the schema says nothing of the form of an address")
	}
}
