package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/leatworks/leat/internal/config"
)

// written writes a file with a content, and returns its name.
func written(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "leat.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// ingestor reads flags in the way of the ingestor's binary.
func ingestor(t *testing.T, args ...string) (config.Ingestor, error) {
	t.Helper()
	var cfg config.Ingestor
	parser, err := config.IngestorProgram.Parser(&cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return cfg, err
}

// The command line takes precedence over the environment, then come the worker's section, the part
// for all, and the default.
func TestFlagsAndEnvironmentCountMoreThanTheFile(t *testing.T) {
	file := written(t, "in-flight: 3\nbulk-files: 4\nbulk-window: 5\ndrain-timeout: 6s\nlog-level: debug\ninclude: ['a,b', 'c']\n"+
		"s3-create-bucket: true\nembedder:\n  in-flight: 99\ningestor:\n  bulk-files: 7\n  git-dir: mirrors\n")
	t.Setenv("LEAT_CONFIG", file)
	t.Setenv("LEAT_BULK_WINDOW", "8")
	cfg, err := ingestor(t, "--drain-timeout=9s")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.InFlight != 3 || cfg.BulkFiles != 7 || cfg.BulkWindow != 8 || cfg.DrainTimeout != 9*time.Second || cfg.BulkIngests != 16 || !cfg.S3CreateBucket {
		t.Errorf("in-flight %d, bulk-files %d, bulk-window %d, drain-timeout %s, bulk-ingests %d, s3-create-bucket %v",
			cfg.InFlight, cfg.BulkFiles, cfg.BulkWindow, cfg.DrainTimeout, cfg.BulkIngests, cfg.S3CreateBucket)
	}
	if want := []string{"a,b", "c"}; !slices.Equal(cfg.Include, want) {
		t.Errorf("include is %q, want %q", cfg.Include, want)
	}
	if want := filepath.Join(filepath.Dir(file), "mirrors"); cfg.Dir != want {
		t.Errorf("a path of the file is %s, want %s", cfg.Dir, want)
	}
}

func TestSecretsOfAFileAreReferences(t *testing.T) {
	file := written(t, "s3-access-key: env:TEST_ACCESS\ns3-secret-key: file:secret\nnats-token: env:TEST_TOKEN\nqdrant-api-key: file:secret\n"+
		"postgres-url: env:TEST_DATABASE\nsecret-key: env:TEST_KEY\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "secret"), []byte("of a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_ACCESS", "access")
	t.Setenv("TEST_TOKEN", "token")
	t.Setenv("TEST_DATABASE", "postgres://u:p@h/d")
	t.Setenv("TEST_KEY", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)))
	cfg, err := ingestor(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if b := cfg.Blob(); b.AccessKey != "access" || b.SecretKey != "of a file" {
		t.Errorf("the keys of S3 are %q and %q", b.AccessKey, b.SecretKey)
	}
	if cfg.Broker("x").Token != "token" || cfg.Qdrant().APIKey != "of a file" || cfg.PostgresURL != "postgres://u:p@h/d" {
		t.Errorf("token %q, key %q, database %q", cfg.Broker("x").Token, cfg.Qdrant().APIKey, cfg.PostgresURL)
	}
	if box, err := cfg.Box(); err != nil || box.Usable() != nil {
		t.Errorf("the key that seals is not read: %v", err)
	}
	t.Setenv("LEAT_NATS_TOKEN", "of the environment")
	if got := cfg.Broker("x").Token; got != "of the environment" {
		t.Errorf("the token is %q, though the environment has one", got)
	}
	if err := os.Unsetenv("TEST_ACCESS"); err != nil {
		t.Fatal(err)
	}
	if err := cfg.CheckNamed(); err == nil || !strings.Contains(err.Error(), file+":1: s3-access-key: the environment variable TEST_ACCESS is not set") {
		t.Errorf("a secret that is missing is answered with %v", err)
	}
}

// Every mistake in a file is reported with its line. No secret of the file is shown.
func TestCheckNamesTheLine(t *testing.T) {
	for content, want := range map[string]string{
		"nats-urll: x":            "1: nats-urll: there is no such key; did you mean nats-url?",
		"a: 1\nLEAT_BULK_FILE: 2": "2: LEAT_BULK_FILE: there is no such key; did you mean bulk-files?",
		"in-flight: many":         `1: in-flight: "many" is not allowed; write a whole number`,
		"log-format: xml":         `1: log-format: "xml" is not allowed; write one of text, json`,
		"lease: 3":                `1: lease: "3" is not allowed; write a duration`,
		"utf8-only: perhaps":      `1: utf8-only: "perhaps" is not allowed; write true or false`,
		"in-flight: [1]":          "1: in-flight: write one value",
		"include: [[a]]":          "1: include: write a list of plain values",
		"- a":                     "1: write 'key: value' lines",
		"gateway:\n  parsers: 2":  "2: gateway.parsers: it is not a setting of gateway; move it out",
		"lease: 1m\nlease: 2m":    "2: lease: it is also in line 1; remove one",
		"s3-secret-key: hunter2":  "1: s3-secret-key: it is a secret, which a file must not hold; write env:NAME or file:PATH",
		"\n\npostgres-url: postgres://u:hunter2@h/d":                                "3: postgres-url: it holds a password; write env:NAME or file:PATH",
		"nats-url: nats://a,nats://u:hunter2@b":                                     "1: nats-url: it holds a password",
		"index: env:X":                                                              "1: index: only secrets and addresses",
		"postgres-url: env:NO_SUCH_VARIABLE":                                        "1: postgres-url: the environment variable NO_SUCH_VARIABLE is not set; set it",
		"bulk-window: 9\ngateway: {token-rate: 0}":                                  "2: gateway.token-rate: 0: give more than 0",
		"syncer:\n  s3-cold-class: GLACIER":                                         "2: syncer.s3-cold-class: \"GLACIER\": give a class whose objects can be read at once",
		"gateway:\n  listen: 8475":                                                  `2: gateway.listen: "8475" is not allowed; write ADDRESS:PORT`,
		"syncer:\n  scrub-rate: 0":                                                  "2: syncer.scrub-rate: 0: give 1 or more",
		"nats-url: nats://a\npostgres-url: p\nqdrant-url: http://q\ns3-url: s:9000": "4: s3-url: it is not of the form",
		"config: other.yaml":                                                        "1: config: there is no such key",
		"x: 1\n---\ny: 2":                                                           "",
		"lease: [":                                                                  "",
		"embedder: {lease: 1m, lease: 2m}\nlisten: a":                               "1: embedder.lease: it is also in line 1",
	} {
		file := written(t, content)
		findings, err := config.CheckFile(file)
		if want == "" {
			if err == nil {
				t.Errorf("%q is read, with %v", content, findings)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", content, err)
			continue
		}
		found := false
		for _, f := range findings {
			found = found || strings.HasPrefix(f.String(), file+":"+want)
			if strings.Contains(f.String(), "hunter2") {
				t.Errorf("%q: a secret is shown: %s", content, f)
			}
		}
		if !found {
			t.Errorf("%q is answered with %v, want %s", content, findings, want)
		}
	}
}

// A file that is not YAML is refused. The error names the line if the parser knows it, and says
// what a file looks like.
func TestCheckNamesTheLineOfBrokenYAML(t *testing.T) {
	for content, want := range map[string]string{
		"in-flight: 2\nsyncer:\n\tscrub-rate: 2": ":3: it is not YAML: found character that cannot start any token; write 'key: value' lines, and indent with spaces",
		"in-flight: 2\nindex: [a\nlease: 1m\n":   "it is not YAML: ",
		"\x80\x81\xff":                           "it is not YAML: ",
	} {
		file := written(t, content)
		if _, err := config.CheckFile(file); err == nil || !strings.HasPrefix(err.Error(), file) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is answered with %v, want %s", content, err, want)
		}
	}
}

// A worker refuses to start with such a file, and names the line too.
func TestAWrongFileStopsAWorker(t *testing.T) {
	file := written(t, "\nin-flight: x\n")
	if _, err := ingestor(t, "--config", file); err == nil || !strings.Contains(err.Error(), file+":2: in-flight") {
		t.Errorf("it is answered with %v", err)
	}
	cfg, err := ingestor(t, "--config", written(t, "\nin-flight: 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.File.Locate(cfg.Bulk.Check()); err != nil {
		t.Errorf("no error is located as %v", err)
	}
}

// A line of the file is not blamed for a value that a flag or the environment gives.
func TestTheFileIsNotBlamedForAFlag(t *testing.T) {
	file := written(t, "log-dir: /tmp\nlog-file: ../b.log\n")
	cfg, err := ingestor(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.File.Locate(cfg.LogFile.Check()); err == nil || !strings.Contains(err.Error(), file+":2: log-file") {
		t.Errorf("the file's value: %v", err)
	}
	cfg, err = ingestor(t, "--config", file, "--log-file", "../c.log")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.File.Locate(cfg.LogFile.Check()); err == nil || strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "--log-file") {
		t.Errorf("the flag's value: %v", err)
	}
	t.Setenv("LEAT_LOG_FILE", "../d.log")
	cfg, err = ingestor(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.File.Locate(cfg.LogFile.Check()); err == nil || strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "LEAT_LOG_FILE") {
		t.Errorf("the environment's value: %v", err)
	}
}

func TestShowSaysWhereValuesComeFrom(t *testing.T) {
	file := written(t, "postgres-url: env:TEST_DATABASE\ns3-secret-key: env:TEST_SECRET\ns3-access-key: env:TEST_NONE\nindex: wheel\ngateway:\n  token-rate: 7\n")
	t.Setenv("TEST_DATABASE", "postgres://user:hunter2@h/d?password=hunter3")
	t.Setenv("TEST_SECRET", "hunter4")
	t.Setenv("LEAT_NATS_TOKEN", "hunter5")
	t.Setenv("LEAT_NATS_URL", "nats://a,nats://u:hunter6@b")
	t.Setenv("LEAT_LEASE", "5m")
	list, err := config.ShowAll(config.Programs(), file)
	if err != nil {
		t.Fatal(err)
	}
	shown := make(map[string]config.Shown)
	for _, s := range list {
		shown[s.Key] = s
		if strings.Contains(s.Value+s.Source, "hunter") {
			t.Errorf("a secret is shown: %v", s)
		}
	}
	for key, want := range map[string]string{
		"index": file + ":4", "lease": "environment: LEAT_LEASE", "token-rate": file + ":5", "bulk-files": "default", "s3-region": "not set",
		"postgres-url": file + ":1, env:TEST_DATABASE", "s3-secret-key": file + ":2", "nats-token": "environment: LEAT_NATS_TOKEN",
		"s3-access-key": "TEST_NONE is not set", "gateway.listen": "default", "ingestor.in-flight": "default",
	} {
		s, found := shown[key]
		if key == "token-rate" {
			want = file + ":6 (gateway)"
		}
		if !found || !strings.Contains(s.Source, want) {
			t.Errorf("%s comes from %q, want %q", key, s.Source, want)
		}
	}
	if got := shown["lease"].Value; got != "5m0s" {
		t.Errorf("lease is %s", got)
	}
	if got := shown["nats-url"].Value; !strings.Contains(got, "nats://u:") || !strings.Contains(got, "@b") {
		t.Errorf("nats-url is %s: only the password is to be hidden", got)
	}
}

// The committed schema is the one of the flags. It accepts and refuses the same files as the
// reader.
func TestSchema(t *testing.T) {
	const file = "../../api/config.schema.json"
	want, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s is not what the flags say; run go generate ./internal/config", file)
	}
	schema := compiled(t, want)
	for content, ok := range map[string]bool{
		"": true, "gateway:\n": true, "in-flight: 3": true, "in-flight: x": false, "nope: 1": false, "gateway: {parsers: 2}": false,
		"s3-secret-key: env:X": true, "s3-secret-key: hunter2": false, "lease: 1h30m": true, "lease: 3": false, "include: [a, b]": true,
		"log-format: xml": false, "approve-share: 0.25": true, "utf8-only: true": true, "leat: {data: /x}": true, "data: /x": false,
	} {
		name := written(t, content)
		findings, err := config.CheckFile(name)
		if read := err == nil && len(findings) == 0; read != ok && content != "s3-secret-key: env:X" && content != "gateway:\n" {
			t.Errorf("%q is read: %v (%v, %v)", content, read, findings, err)
		}
		if err := schema.Validate(document(t, []byte(content))); (err == nil) != ok {
			t.Errorf("%q: the schema says %v", content, err)
		}
	}
}

func TestTemplates(t *testing.T) {
	schemaText, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	schema := compiled(t, schemaText)
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	secrets := t.TempDir()
	for name, content := range map[string]string{
		"nats.creds": "x", "postgres-url": "postgres://u:p@h/d", "s3-access-key": "a", "s3-secret-key": "b", "qdrant-api-key": "c", "secret-key": key,
	} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"LEAT_DATABASE": "postgres://u:p@h/d", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b", "SECRET_KEY": key,
	} {
		t.Setenv(name, value)
	}
	for _, name := range []string{"laptop", "team", "cluster"} {
		content, err := os.ReadFile("../../deploy/config/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document(t, content)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		file := written(t, strings.ReplaceAll(string(content), "/etc/leat/secret", secrets))
		findings, err := config.CheckFile(file)
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %v %v", name, findings, err)
		}
	}
}

func compiled(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(config.SchemaID, parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(config.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// document returns a YAML file as values of JSON.
func document(t *testing.T, content []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(content, &value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Any file is either read or refused, and no result shows a secret that it refers to.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"in-flight: 3", "a: &x [1]\nb: *x", "gateway: {listen: [a, {b: c}]}", "<<: {a: 1}", "? [a]\n: b", "lease: !!binary aGk="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		findings, err := config.CheckFile(written(t, content))
		for _, finding := range findings {
			if err != nil || finding.Text == "" {
				t.Errorf("%v and %v", finding, err)
			}
		}
	})
}
