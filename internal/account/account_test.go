package account_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/account"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/broker"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// patience bounds the wait for an event that must come. No test depends on how fast it comes.
const patience = 2 * time.Minute

var variants = []account.Variant{account.Operator, account.Users}

// server is a nats-server with a written configuration.
type server struct {
	t     *testing.T
	url   string
	users map[string]account.User // by "user" or "user.tenant"
}

func serve(t *testing.T, variant account.Variant, tenants ...string) *server {
	t.Helper()
	dir := t.TempDir()
	w, err := account.Write(account.Config{Dir: dir, Variant: variant, Tenants: tenants, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, url: testenv.NATSProcess(t, w.Config), users: make(map[string]account.User)}
	for _, u := range w.Users {
		s.users[strings.TrimSuffix(u.Name+"."+u.Tenant, ".")] = u
	}
	b := s.broker(broker.RoleSyncer)
	topology := broker.DefaultTopology(broker.Generation{Number: 1, Embedder: "local-384"})
	topology.IntakePerTenant = 10
	if err := b.Ensure(t.Context(), topology); err != nil {
		t.Fatal(err)
	}
	return s
}

// broker connects in the way of a worker.
func (s *server) broker(role broker.Role) *broker.Broker {
	s.t.Helper()
	b, err := broker.Connect(s.t.Context(), broker.Config{URL: s.url, CredentialsFile: s.users[string(role)].Credentials, Name: role.Name()}, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatalf("%s: %v", role, err)
	}
	s.t.Cleanup(b.Close)
	return b
}

// client is a connection of any program. It notes the refusals of the server.
type client struct {
	*nats.Conn
	t       *testing.T
	refused chan string
}

func (s *server) client(name string) *client {
	s.t.Helper()
	user, found := s.users[name]
	if !found {
		s.t.Fatalf("no user %s", name)
	}
	c := &client{t: s.t, refused: make(chan string, 64)}
	login := nats.UserCredentials(user.Credentials)
	if strings.HasSuffix(user.Credentials, ".nk") {
		var err error
		if login, err = nats.NkeyOptionFromSeed(user.Credentials); err != nil {
			s.t.Fatal(err)
		}
	}
	var err error
	c.Conn, err = nats.Connect(s.url, login, nats.CustomInboxPrefix(user.Inbox), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		c.refused <- err.Error()
	}))
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// isRefused waits until the server has refused something.
func (c *client) isRefused(what string) {
	c.t.Helper()
	select {
	case text := <-c.refused:
		if !strings.Contains(strings.ToLower(text), "permissions violation") {
			c.t.Errorf("%s: %s", what, text)
		}
	case <-time.After(patience):
		c.t.Errorf("%s is not refused", what)
	}
}

// state is the content of the streams, by subject, and their settings.
func (s *server) state() string {
	s.t.Helper()
	js, err := jetstream.New(s.client("admin").Conn)
	if err != nil {
		s.t.Fatal(err)
	}
	all := make(map[string]any)
	for _, name := range []string{broker.StreamIntake, broker.StreamChunked, broker.StreamEmbedded, broker.StreamIndexed} {
		stream, err := js.Stream(s.t.Context(), name)
		if err != nil {
			s.t.Fatal(err)
		}
		info, err := stream.Info(s.t.Context(), jetstream.WithSubjectFilter(">"))
		if err != nil {
			s.t.Fatal(err)
		}
		all[name] = []any{info.Config, info.State.Msgs, info.State.Subjects, info.State.Consumers}
	}
	text, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

const (
	repo = "cc815142-783b-506d-8b5b-711cb99a81c1"
	doc  = "80910152-3235-528d-833b-38cc344f0aa7"
)

// The server forbids these operations to publishers and listeners, and to a worker outside its own
// work.
func TestWhatIsForbidden(t *testing.T) {
	for _, variant := range variants {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			s := serve(t, variant, "acme", "other")
			admin := s.client("admin")
			for _, subject := range []string{
				"leat.repo.submitted.acme", "leat.document.chunked.live.acme." + repo + "." + doc,
				"leat.document.embedded.local-384.live.acme." + repo + "." + doc, "leat.repo.indexed.other." + repo,
			} {
				if _, err := admin.Request(subject, []byte("{}"), patience); err != nil {
					t.Fatal(err)
				}
			}
			before := s.state()
			outside := []string{
				"leat.repo.submitted.other", "leat.repo.submitted.acme.x", "leat.repo.indexed.acme." + repo, "leat.repo.indexed.other." + repo,
				"leat.document.indexed.live.acme." + repo + "." + doc,
				"leat.document.chunked.live.acme." + repo + "." + doc, "leat.document.embedded.local-384.live.acme." + repo + "." + doc,
				"$JS.API.INFO", "$JS.API.STREAM.INFO.LEAT_INTAKE", "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES",
				"$JS.API.STREAM.PURGE.LEAT_INTAKE", "$JS.API.STREAM.PURGE.LEAT_INDEXED", "$JS.API.STREAM.DELETE.LEAT_INDEXED",
				"$JS.API.STREAM.UPDATE.LEAT_INTAKE", "$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.MSG.DELETE.LEAT_INTAKE",
				"$JS.API.STREAM.MSG.GET.LEAT_INTAKE", "$JS.API.DIRECT.GET.LEAT_CHUNKED",
				"$JS.API.CONSUMER.CREATE.LEAT_INDEXED.mine", "$JS.API.CONSUMER.DURABLE.CREATE.LEAT_INDEXED.mine",
				"$JS.API.CONSUMER.CREATE.LEAT_INDEXED.mine.leat.repo.indexed.acme.*", "$JS.API.CONSUMER.DELETE.LEAT_INTAKE.ingestor",
				"$JS.API.CONSUMER.MSG.NEXT.LEAT_INTAKE.ingestor", "$JS.API.CONSUMER.MSG.NEXT.LEAT_INDEXED.listener-other",
				"$JS.leat.API.CONSUMER.MSG.NEXT.LEAT_INDEXED.listener-other", "$JS.leat.API.STREAM.PURGE.LEAT_INDEXED",
				"$JS.ACK.LEAT_INTAKE.ingestor.1.1.1.1.0", "$JS.ACK.LEAT_INDEXED.listener-other.1.1.1.1.0",
				"$SYS.REQ.USER.AUTH", "$SYS.REQ.SERVER.PING", "_INBOX.leat-ingestor.1", "_INBOX.admin.1",
			}
			heard := []string{
				">", "leat.>", "leat.repo.indexed.>", "leat.repo.indexed.*.*", "leat.repo.indexed.other.*", "leat.document.indexed.*.other.*.*",
				"leat.document.chunked.>", "leat.repo.submitted.acme", "_INBOX.>", "_INBOX.*.>", "_INBOX.leat-ingestor.>", "$JS.>", "$SYS.>",
			}
			for user, others := range map[string]string{
				"publisher.acme": "$JS.leat.API.CONSUMER.MSG.NEXT.LEAT_INDEXED.listener-acme",
				"listener.acme":  "leat.repo.submitted.acme",
			} {
				c := s.client(user)
				for _, subject := range append(outside, others) {
					if err := c.PublishRequest(subject, c.NewInbox(), []byte("{}")); err != nil {
						t.Fatal(err)
					}
					c.isRefused(user + " publishes on " + subject)
				}
				for _, subject := range heard {
					if _, err := c.SubscribeSync(subject); err != nil {
						t.Fatal(err)
					}
					c.isRefused(user + " subscribes to " + subject)
				}
			}
			for role, subjects := range map[broker.Role][]string{
				broker.RoleIngestor: {"leat.repo.submitted.acme", "leat.document.indexed.live.acme." + repo + "." + doc, "$JS.API.STREAM.DELETE.LEAT_INTAKE",
					"$JS.API.STREAM.PURGE.LEAT_INTAKE", "$JS.API.CONSUMER.DELETE.LEAT_INTAKE.ingestor", "$JS.API.CONSUMER.MSG.NEXT.LEAT_CHUNKED.embedder-local-384-live"},
				broker.RoleEmbedder: {"leat.repo.submitted.acme", "leat.repo.indexed.acme." + repo, "$JS.API.CONSUMER.MSG.NEXT.LEAT_INTAKE.ingestor",
					"leat.document.chunked.live.acme." + repo + "." + doc, "$JS.API.STREAM.PURGE.LEAT_EMBEDDED"},
				broker.RoleIndexer: {"leat.repo.submitted.acme", "leat.document.chunked.live.acme." + repo + "." + doc, "$JS.API.STREAM.PURGE.LEAT_EMBEDDED",
					"leat.document.embedded.local-384.live.acme." + repo + "." + doc, "$JS.API.CONSUMER.MSG.NEXT.LEAT_INTAKE.ingestor"},
				broker.RoleSyncer:  {"$JS.API.STREAM.PURGE.LEAT_INTAKE", "$JS.API.STREAM.DELETE.LEAT_CHUNKED", "$JS.API.CONSUMER.MSG.NEXT.LEAT_INTAKE.ingestor", "leat.document.indexed.live.acme." + repo + "." + doc},
				broker.RoleGateway: {"leat.document.chunked.live.acme." + repo + "." + doc, "leat.repo.indexed.acme." + repo, "$JS.API.STREAM.PURGE.LEAT_EMBEDDED", "$JS.API.CONSUMER.DELETE.LEAT_INTAKE.ingestor", "$JS.API.CONSUMER.MSG.NEXT.LEAT_INTAKE.ingestor", "$SYS.REQ.USER.AUTH"},
				"callout":          {"leat.repo.submitted.acme", "$JS.API.INFO", "$SYS.REQ.USER.AUTH"},
			} {
				c := s.client(string(role))
				for _, subject := range subjects {
					if err := c.Publish(subject, []byte("{}")); err != nil {
						t.Fatal(err)
					}
					c.isRefused(string(role) + " publishes on " + subject)
				}
				for _, subject := range []string{">", "leat.repo.submitted.*", "_INBOX.>", "_INBOX.leat.>"} {
					if _, err := c.SubscribeSync(subject); err != nil {
						t.Fatal(err)
					}
					c.isRefused(string(role) + " subscribes to " + subject)
				}
			}
			if after := s.state(); after != before {
				t.Errorf("the streams were\n%s\nand are\n%s", before, after)
			}
		})
	}
}

// A publisher names the subject of the server's answer. Because it has an account of its own, the
// answer reaches no other tenant and no stream.
func TestAnAnswerForgesNothing(t *testing.T) {
	for _, variant := range variants {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			s := serve(t, variant, "acme", "other")
			c, other := s.client("publisher.acme"), s.client("listener.other")
			heard, err := other.SubscribeSync("leat.repo.indexed.other.*")
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Flush(); err != nil {
				t.Fatal(err)
			}
			for _, reply := range []string{
				"leat.repo.submitted.other", "leat.repo.indexed.other." + repo, "leat.document.chunked.live.other." + repo + "." + doc,
				"$JS.API.STREAM.PURGE.LEAT_INTAKE", "_INBOX.leat-ingestor.x",
			} {
				if err := c.PublishRequest("leat.repo.submitted.acme", reply, []byte("{}")); err != nil {
					t.Fatal(err)
				}
				traced := nats.NewMsg("leat.repo.submitted.acme")
				traced.Header.Set("Nats-Trace-Dest", reply)
				if err := c.PublishMsg(traced); err != nil {
					t.Fatal(err)
				}
			}
			c.submit("the last", nil) // once this is answered, all earlier messages are stored and answered
			state := s.state()
			if strings.Contains(state, ".other") {
				t.Errorf("%s", state)
			}
			// A message published now comes after any forged one.
			if _, err := s.client("indexer").Request("leat.repo.indexed.other."+repo, []byte("true"), patience); err != nil {
				t.Fatal(err)
			}
			if msg, err := heard.NextMsg(patience); err != nil || string(msg.Data) != "true" {
				t.Errorf("the other tenant hears %v (%v)", msg, err)
			}
		})
	}
}

// submit publishes on the tenant's subject and returns the server's answer.
func (c *client) submit(data string, header nats.Header) (ack struct {
	Stream    string
	Duplicate bool
	Error     *struct {
		Code int `json:"err_code"`
	}
}) {
	c.t.Helper()
	answer, err := c.RequestMsg(&nats.Msg{Subject: "leat.repo.submitted.acme", Header: header, Data: []byte(data)}, patience)
	if err == nil {
		err = json.Unmarshal(answer.Data, &ack)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return ack
}

// Publishers and listeners can do their work. A flood is refused, and only its own tenant notices.
func TestWhatIsAllowed(t *testing.T) {
	for _, variant := range variants {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			s := serve(t, variant, "acme", "other")
			publisher := s.client("publisher.acme")
			if ack := publisher.submit("1", nil); ack.Stream != broker.StreamIntake || ack.Error != nil {
				t.Fatalf("%+v", ack)
			}
			full := 0
			for range 30 {
				if ack := publisher.submit("flood", nil); ack.Error != nil {
					full = ack.Error.Code
				}
			}
			if full != 10077 {
				t.Errorf("a flood is answered with %d, want 10077", full)
			}
			other := s.client("publisher.other")
			if answer, err := other.Request("leat.repo.submitted.other", nil, patience); err != nil || strings.Contains(string(answer.Data), "error") {
				t.Errorf("the other tenant's submission: %v, %v", answer, err)
			}
			s.listens()
		})
	}
}

func (s *server) listens() {
	s.t.Helper()
	listener := s.client("listener.acme")
	heard, err := listener.SubscribeSync(events.CompletedOf("acme"))
	if err != nil {
		s.t.Fatal(err)
	}
	documents, err := listener.SubscribeSync(events.IndexedOf("acme"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := listener.Flush(); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.broker(broker.RoleOperator).EnsureListener(s.t.Context(), "acme"); err != nil {
		s.t.Fatal(err)
	}
	indexer := s.broker(broker.RoleIndexer).Publisher()
	for _, subject := range []string{"leat.repo.indexed.other." + repo, "leat.document.indexed.live.acme." + repo + "." + doc, "leat.repo.indexed.acme." + repo} {
		if err := indexer.Send(s.t.Context(), broker.Outgoing{Subject: subject, Data: []byte(subject)}); err != nil {
			s.t.Fatal(err)
		}
	}
	if msg, err := heard.NextMsg(patience); err != nil || string(msg.Data) != "leat.repo.indexed.acme."+repo {
		s.t.Errorf("repo.indexed: %v, %v", msg, err)
	}
	if _, err := documents.NextMsg(patience); err != nil {
		s.t.Errorf("document.indexed: %v", err)
	}
	js, err := jetstream.NewWithDomain(listener.Conn, broker.Domain)
	if err != nil {
		s.t.Fatal(err)
	}
	own := broker.OwnConsumer("acme")
	consumer, err := js.Consumer(s.t.Context(), own.Stream, own.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, want := range []string{"leat.document.indexed.live.acme." + repo + "." + doc, "leat.repo.indexed.acme." + repo} {
		msg, err := consumer.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			s.t.Fatal(err)
		}
		if string(msg.Data()) != want {
			s.t.Errorf("%s, want %s", msg.Data(), want)
		}
		if err := msg.DoubleAck(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
	if info, err := consumer.Info(s.t.Context()); err != nil || info.NumAckPending+int(info.NumPending) != 0 {
		s.t.Errorf("%+v, %v", info, err)
	}
	if err := s.broker(broker.RoleOperator).DropListener(s.t.Context(), "acme"); err != nil {
		s.t.Error(err)
	}
}

// A message id of another tenant makes the server drop no message of a publisher that gives no ids,
// as docs/events.md says.
func TestAnIDOfAnotherTenantDropsNothing(t *testing.T) {
	s := serve(t, account.Users, "acme", "other")
	mallory := s.client("publisher.other")
	msg := &nats.Msg{Subject: "leat.repo.submitted.other", Header: nats.Header{"Nats-Msg-Id": {"build-1"}, "Ce-Id": {"build-1"}}}
	if _, err := mallory.RequestMsg(msg, patience); err != nil {
		t.Fatal(err)
	}
	if ack := s.client("publisher.acme").submit("mine", nats.Header{"Ce-Id": {"build-1"}}); ack.Error != nil || ack.Duplicate {
		t.Errorf("%+v", ack)
	}
}

func TestNobodyComesInWithoutAUser(t *testing.T) {
	for _, variant := range variants {
		s := serve(t, variant)
		for _, login := range []nats.Option{nats.Name("nobody"), nats.Token("x"), nats.UserInfo("acme", "leat_x")} {
			conn, err := nats.Connect(s.url, login)
			if err == nil {
				conn.Close()
				t.Errorf("%s: a client without a user is let in", variant)
			}
		}
	}
}

// A later run adds a tenant and keeps every key.
func TestKeysStay(t *testing.T) {
	for _, variant := range variants {
		dir := filepath.Join(t.TempDir(), "nats")
		run := func(cfg account.Config) (account.Written, error) {
			cfg.Dir = dir
			return account.Write(cfg)
		}
		if _, err := run(account.Config{Variant: variant, Tenants: []string{"acme"}}); err != nil {
			t.Fatal(err)
		}
		seeds := seedsOf(t, dir)
		if err := os.WriteFile(filepath.Join(dir, "nats.conf"), []byte("# mine\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := run(account.Config{Tenants: []string{"other"}})
		if err != nil {
			t.Fatal(err)
		}
		if w.Variant != variant {
			t.Errorf("the variant %s became %s", variant, w.Variant)
		}
		later := seedsOf(t, dir)
		for name, seed := range seeds {
			if later[name] != seed {
				t.Errorf("%s: %s has another key", variant, name)
			}
		}
		if len(later) <= len(seeds) {
			t.Errorf("%s: no key was added", variant)
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "nats.conf")); string(text) != "# mine\n" {
			t.Errorf("the operator's file was replaced: %s", text)
		}
		for _, other := range variants {
			if _, err := run(account.Config{Variant: other}); (err != nil) != (other != variant) {
				t.Errorf("%s after %s: %v", other, variant, err)
			}
		}
		if _, err := run(account.Config{Force: true}); err != nil {
			t.Fatal(err)
		}
		for name, seed := range seedsOf(t, dir) {
			if seeds[name] == seed {
				t.Errorf("%s: --force keeps the key of %s", variant, name)
			}
		}
	}
}

// seedsOf returns the keys by file, and checks that only their owner can read them.
func seedsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	seeds := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if ext := filepath.Ext(path); ext == ".nk" || ext == ".xk" {
			text, err := os.ReadFile(path)
			seeds[path] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seeds
}

func TestWhatCannotBeWritten(t *testing.T) {
	for _, cfg := range []account.Config{
		{Tenants: []string{"a.b"}}, {Tenants: []string{"*"}}, {Tenants: []string{"a'b"}}, {Variant: "other"},
	} {
		cfg.Dir = t.TempDir()
		if w, err := account.Write(cfg); err == nil {
			t.Errorf("%+v is written: %+v", cfg, w)
		}
	}
	dir := t.TempDir()
	if _, err := account.Write(account.Config{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys", "operator.nk"), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := account.Write(account.Config{Dir: dir}); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a spoilt key: %v", err)
	}
}
