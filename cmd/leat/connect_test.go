package main

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/store"
)

// A command beside a 'leat dev' with an S3 of somebody else needs keys of its own, and names the variables. One that
// reads nothing from S3 needs none.
func TestKeysOfAnotherS3AreAskedFor(t *testing.T) {
	const bucket = "https://s3.example.org/bucket"
	for name, c := range map[string]struct {
		own   config.Stores
		dev   devstack.Endpoints
		parts store.Parts
		wants bool
	}{
		"no keys":         {config.Stores{}, devstack.Endpoints{S3: bucket}, store.Postgres | store.S3, true},
		"other stores":    {config.Stores{}, devstack.Endpoints{S3: bucket}, store.Postgres | store.Qdrant, false},
		"one of two":      {config.Stores{S3AccessKey: "a"}, devstack.Endpoints{S3: bucket}, store.S3, true},
		"keys of its own": {config.Stores{S3AccessKey: "a", S3SecretKey: "b"}, devstack.Endpoints{S3: bucket}, store.S3, false},
		"embedded":        {config.Stores{}, devstack.Endpoints{S3: bucket, S3AccessKey: "a", S3SecretKey: "b"}, store.S3, false},
	} {
		err := checkKeys(withEndpoints(c.own, c.dev), c.parts)
		if (err != nil) != c.wants || err != nil && !strings.Contains(err.Error(), "set LEAT_S3_ACCESS_KEY and LEAT_S3_SECRET_KEY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
