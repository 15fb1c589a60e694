//go:build linux

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/internal/testenv"
)

// Four workers that have only the permissions of `leat nats config` serve a publisher
// and a listener that have only theirs, and the operator's commands work.
func TestPermissionsSufficeForAllWork(t *testing.T) {
	for _, variant := range []string{"operator", "users"} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "nats")
			written := leat(t, nil, 0, "nats", "config", "--output", dir, "--variant", variant, "--store-dir", t.TempDir())
			credentials := make(map[string]string)
			for _, u := range written["users"].([]any) {
				user := u.(map[string]any)
				credentials[user["name"].(string)] = user["credentials"].(string)
			}
			stores := testenv.Stack(t)
			stores.NATS = testenv.NATSProcess(t, filepath.Join(dir, "nats.conf"))
			d := deploy(t, stores)
			running := make(map[string]*process)
			for _, name := range append(workers, "gateway") {
				running[name] = d.worker(name, "LEAT_NATS_CREDENTIALS="+credentials[name], "LEAT_NATS_CALLOUT="+filepath.Join(dir, "callout.json"))
			}
			for name, p := range running {
				p.ready()
				await(t, name+" is ready", func() bool { status, _ := p.health("/readyz"); return status == 200 })
			}
			indexed := listen(t, d.as(credentials["listener"], "_INBOX.listener"), "leat.repo.indexed.default.*")
			publisher := d.as(credentials["publisher"], "_INBOX.publisher")
			repo := newRepo(t, 30)
			publish(t, publisher, repo)
			var data struct {
				Documents map[string]int `json:"documents"`
			}
			if msg := next(t, indexed); json.Unmarshal(msg.Data, &data) != nil || data.Documents["indexed"] != 30 {
				t.Errorf("repo.indexed says %s", msg.Data)
			}

			// The operator's commands: a second submission, a rebuild with its swap, a
			// removal, a repair.
			d.env = append(d.env, "LEAT_NATS_CREDENTIALS="+credentials["operator"])
			second := newRepo(t, 3)
			d.leat(0, "submit", second, "--wait")
			d.leat(0, "rebuild", "--wait")
			d.leat(0, "forget", second, "--yes")
			d.leat(0, "verify", "--repair")
			if made := d.leat(0, "nats", "listener"); made["consumer"] != "listener-default" {
				t.Errorf("the consumer is %v", made)
			}
			for _, p := range running {
				p.stop()
				if text := p.log.String(); strings.Contains(strings.ToLower(text), "violation") || strings.Contains(text, "level=ERROR") {
					t.Errorf("%s is refused something:\n%s", p.name, p.log.tail(4<<10))
				}
			}
		})
	}
}

// as returns a client with a user's credentials.
func (d *deployment) as(file, inbox string) *nats.Conn {
	d.t.Helper()
	login := nats.UserCredentials(file)
	if text, _ := os.ReadFile(file); !strings.Contains(string(text), "JWT") {
		var err error
		if login, err = nats.NkeyOptionFromSeed(file); err != nil {
			d.t.Fatal(err)
		}
	}
	nc, err := nats.Connect(d.stores.NATS, login, nats.CustomInboxPrefix(inbox))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(nc.Close)
	return nc
}
