package blob_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

func TestOpenRefusesWrongConfigurations(t *testing.T) {
	good := blob.Config{URL: "http://127.0.0.1:1/bucket", AccessKey: "key", SecretKey: "secret"}
	for name, change := range map[string]func(*blob.Config){
		"no URL":            func(c *blob.Config) { c.URL = "" },
		"no bucket":         func(c *blob.Config) { c.URL = "http://127.0.0.1:1/" },
		"another scheme":    func(c *blob.Config) { c.URL = "s3://bucket/hunter2" },
		"credentials":       func(c *blob.Config) { c.URL = "http://me:hunter2@127.0.0.1:1/bucket" },
		"broken":            func(c *blob.Config) { c.URL = "http://me:hunter2@127.0.0.1:port/bucket" },
		"query":             func(c *blob.Config) { c.URL += "?key=hunter2" },
		"bucket in capital": func(c *blob.Config) { c.URL = "http://127.0.0.1:1/BUCKET" },
		"prefix goes up":    func(c *blob.Config) { c.URL += "/a/../../b" },
		"no access key":     func(c *blob.Config) { c.AccessKey = "" },
		"no secret key":     func(c *blob.Config) { c.SecretKey = "" },
		"negative size":     func(c *blob.Config) { c.PackBytes = -1 },
		"negative timeout":  func(c *blob.Config) { c.Timeout = -1 },
	} {
		cfg := good
		change(&cfg)
		_, err := blob.Open(t.Context(), cfg)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v, want a rejection", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes the secret: %v", name, err)
		}
	}
}
