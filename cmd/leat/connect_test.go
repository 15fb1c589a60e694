package main

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/config"
)

// A command beside a 'leat dev' with an S3 of somebody else needs keys of its own, and names the variables.
func TestKeysOfAnotherS3AreAskedFor(t *testing.T) {
	const bucket = "https://s3.example.org/bucket"
	for name, c := range map[string]struct {
		own   config.Stores
		dev   devstack.Endpoints
		wants bool
	}{
		"no keys":         {config.Stores{}, devstack.Endpoints{S3: bucket}, true},
		"one of two":      {config.Stores{S3AccessKey: "a"}, devstack.Endpoints{S3: bucket}, true},
		"keys of its own": {config.Stores{S3AccessKey: "a", S3SecretKey: "b"}, devstack.Endpoints{S3: bucket}, false},
		"embedded":        {config.Stores{}, devstack.Endpoints{S3: bucket, S3AccessKey: "a", S3SecretKey: "b"}, false},
	} {
		err := withEndpoints(c.own, c.dev).CheckKeys()
		if (err != nil) != c.wants || err != nil && !strings.Contains(err.Error(), "set LEAT_S3_ACCESS_KEY and LEAT_S3_SECRET_KEY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
