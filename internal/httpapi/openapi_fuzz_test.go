package httpapi_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
)

// Schemathesis (https://schemathesis.io) makes requests from the description, within it and outside
// it. Whatever it sends, no answer is a failure of the server, and each has the described form. An
// answer with another tenant's data would show that tenant's mark.
func TestSchemathesisFindsNothing(t *testing.T) {
	program := os.Getenv("SCHEMATHESIS")
	if program == "" {
		var err error
		if program, err = exec.LookPath("schemathesis"); err != nil {
			t.Skip("schemathesis is not installed: 'make fuzz-api' installs it from PyPI and runs this test longer")
		}
	}
	examples := cmp.Or(os.Getenv("SCHEMATHESIS_EXAMPLES"), "3")
	for _, token := range []string{all, installation} {
		t.Run(token, func(t *testing.T) {
			d := open(t)
			repo := events.RepositoryID("acme", furnish(t, d).Dir)
			d.Rows(t, "delete from approvals") // otherwise the fuzzer approves
			run := exec.CommandContext(t.Context(), program, "run", d.url+"/api/openapi.json",
				"--header", "Authorization: Bearer "+token, "--max-examples", examples, "--generation-database", "none", "--no-color",
				"--exclude-path-regex", "/events$", // streams do not end
				"--checks", "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance,response_headers_conformance")
			run.Dir = t.TempDir()
			known := fmt.Sprintf("[parameters]\n\"path.repository\" = [%q, \"nosuch\"]\n\"query.path\" = [%q, \"a/b\"]\n", repo, secret+".go")
			if err := os.WriteFile(filepath.Join(run.Dir, "schemathesis.toml"), []byte(known), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := run.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if log := d.Logs.String(); strings.Contains(log, "panicked") {
				t.Errorf("a handler panicked: %s", log)
			}
			t.Logf("%s", out[max(0, len(out)-400):])
		})
	}
}
