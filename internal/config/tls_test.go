package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv"
)

func TestFilesOfCertificates(t *testing.T) {
	authority := testenv.NewAuthority(t)
	certificate, key := authority.Sign(t, "client")
	_, other := authority.Sign(t, "other")
	for name, c := range map[string]struct {
		files config.TLS
		url   string
		wrong string // part of the error; "": none
	}{
		"all three":                   {config.TLS{CA: authority.CA, Certificate: certificate, Key: key}, "https://host/b", ""},
		"authorities alone":           {config.TLS{CA: authority.CA}, "https://host/b", ""},
		"none, in the clear":          {config.TLS{}, "http://host/b", ""},
		"in the clear":                {config.TLS{CA: authority.CA}, "http://host/b", "use https"},
		"a certificate without a key": {config.TLS{Certificate: certificate}, "https://host/b", "give both"},
		"a key of another":            {config.TLS{Certificate: certificate, Key: other}, "https://host/b", "does not match"},
		"authorities that are a key":  {config.TLS{CA: key}, "https://host/b", "no certificate"},
		"a file that is not there":    {config.TLS{CA: key + "x"}, "https://host/b", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			s := config.Stores{S3URL: c.url, S3AccessKey: "a", S3SecretKey: "b", S3TLS: c.files, Index: "leat"}
			err := s.CheckNamed()
			if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
				t.Errorf("%v, want %q", err, c.wrong)
			}
			if err != nil && !strings.Contains(err.Error(), "LEAT_S3_TLS") {
				t.Errorf("%v names no setting", err)
			}
		})
	}
}

// The next connection shows a renewed certificate.
func TestARenewedCertificateIsRead(t *testing.T) {
	authority := testenv.NewAuthority(t)
	certificate, key := authority.Sign(t, "client")
	cfg, err := config.TLS{Certificate: certificate, Key: key}.Config()
	if err != nil {
		t.Fatal(err)
	}
	before, err := cfg.GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	authority.Sign(t, "client") // into the same files
	after, err := cfg.GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if before.Leaf.Equal(after.Leaf) {
		t.Error("the old certificate is shown")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.GetClientCertificate(nil); err == nil {
		t.Error("a key that is gone is still used")
	}
}
