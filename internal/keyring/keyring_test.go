package keyring_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/keyring"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// open returns an empty catalog.
func open(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), catalog.Config{URL: testenv.Catalog(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// ringOf is the keyring of one process. Each letter stands for a wrapping key.
func ringOf(t *testing.T, c *catalog.Catalog, letters ...string) *keyring.Keyring {
	t.Helper()
	var keys []string
	for _, letter := range letters {
		keys = append(keys, strings.Repeat(letter, 42)+"A=")
	}
	ring, err := seal.NewRing(func() (string, error) { return strings.Join(keys, ","), nil })
	if err != nil {
		t.Fatal(err)
	}
	k := keyring.New(ring)
	k.Use(c.Keys)
	return k
}

func newest(t *testing.T, k *keyring.Keyring) blob.Key {
	t.Helper()
	key, err := k.Newest(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var by = catalog.Author{Name: "test", Door: "cli"}

// Processes that start at the same time all seal with one key.
func TestTheFirstKeyIsOne(t *testing.T) {
	c := open(t)
	var ids sync.Map
	var group sync.WaitGroup
	for range 8 {
		k := ringOf(t, c, "A")
		group.Go(func() {
			key, err := k.Newest(t.Context(), "")
			if err != nil {
				t.Error(err)
				return
			}
			ids.Store(key.ID(), true)
		})
	}
	group.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	rows, err := c.Keys.List(t.Context())
	if n != 1 || err != nil || len(rows) != 1 || rows[0].State != catalog.KeyActive {
		t.Errorf("%d keys in use, rows %+v, %v", n, rows, err)
	}
}

// Without a wrapping key nothing is sealed. If other processes seal, nothing is written
// either.
func TestNoWrappingKey(t *testing.T) {
	c := open(t)
	none := ringOf(t, c)
	if key, err := none.Newest(t.Context(), ""); key != nil || err != nil {
		t.Errorf("%v, %v, want that packs are not sealed", key, err)
	}
	first := newest(t, ringOf(t, c, "A"))
	for name, k := range map[string]*keyring.Keyring{"none": ringOf(t, c), "another": ringOf(t, c, "B")} {
		if _, err := k.Newest(t.Context(), ""); !errors.Is(err, blob.ErrSealed) {
			t.Errorf("%s: %v, want that the key is missing", name, err)
		}
		if _, err := k.Key(t.Context(), first.ID()); !errors.Is(err, blob.ErrSealed) {
			t.Errorf("%s: %v, want that the key is missing", name, err)
		}
	}
	if _, err := ringOf(t, c, "A").Key(t.Context(), "00000000"); !errors.Is(err, blob.ErrSealed) {
		t.Errorf("a key that nobody knows: %v", err)
	}
}

// A key is rotated while other processes run. They find the new key by its id at once, seal with it
// when they next look, and still open with the key before it.
func TestRotate(t *testing.T) {
	c := open(t)
	one, running := ringOf(t, c, "A"), ringOf(t, c, "A")
	clock := keyring.Clock(running)
	first := newest(t, running)
	sealed, err := first.Seal(nil, []byte("text"), []byte("place"))
	if err != nil {
		t.Fatal(err)
	}
	row, err := one.Make(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Keys.Rotate(t.Context(), by, row, ""); err != nil {
		t.Fatal(err)
	}
	if key, err := running.Key(t.Context(), row.ID); err != nil || key.ID() != row.ID {
		t.Errorf("the new key, by its id: %v, %v", key, err)
	}
	clock(2 * keyring.Fresh)
	if got := newest(t, running).ID(); got != row.ID {
		t.Errorf("it seals with %s, want %s", got, row.ID)
	}
	old, err := running.Key(t.Context(), first.ID())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := old.Open(nil, sealed, []byte("place")); err != nil || string(text) != "text" {
		t.Errorf("the key before opens %q, %v", text, err)
	}
	entries, err := c.Audit.List(t.Context(), catalog.AuditFilter{AnyTenant: true, Action: catalog.ActionKeyRotate}, 10)
	if err != nil || len(entries) != 1 || string(entries[0].Before) != `"`+first.ID()+`"` || string(entries[0].After) != `"`+row.ID+`"` {
		t.Errorf("the audit log has %+v, %v", entries, err)
	}
}

// Two rotations at once leave one active key. The one that loses is told.
func TestRotateTogether(t *testing.T) {
	c := open(t)
	k := ringOf(t, c, "A")
	newest(t, k)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			row, err := k.Make(t.Context(), "")
			if err == nil {
				err = c.Keys.Rotate(t.Context(), by, row, "")
			}
			if err != nil && !errors.Is(err, catalog.ErrKeyTaken) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	active, err := c.Keys.Active(t.Context(), "")
	if err != nil || active.State != catalog.KeyActive {
		t.Errorf("%+v, %v", active, err)
	}
}

// The wrapping key is replaced. The new one wraps all keys, and the old one can be taken away. A
// wrapped key is of no use in another row.
func TestRewrap(t *testing.T) {
	c := open(t)
	first := newest(t, ringOf(t, c, "A"))
	row, err := c.Keys.Load(t.Context(), first.ID())
	if err != nil {
		t.Fatal(err)
	}
	both := ringOf(t, c, "B", "A")
	again, changed, err := both.Rewrap(t.Context(), row)
	if err != nil || !changed {
		t.Fatalf("%t, %v", changed, err)
	}
	if err := c.Keys.Rewrap(t.Context(), by, again, row.WrappedBy); err != nil {
		t.Fatal(err)
	}
	if got := newest(t, ringOf(t, c, "B")).ID(); got != first.ID() {
		t.Errorf("with the new wrapping key alone: %s, want %s", got, first.ID())
	}
	if _, err := ringOf(t, c, "A").Newest(t.Context(), ""); !errors.Is(err, blob.ErrSealed) {
		t.Errorf("with the old one: %v", err)
	}
	if _, changed, err := both.Rewrap(t.Context(), again); changed || err != nil {
		t.Errorf("once more: %t, %v", changed, err)
	}
	for name, moved := range map[string]catalog.PackKey{
		"another id":     {ID: "00000000", State: catalog.KeyActive, Wrapped: again.Wrapped, WrappedBy: again.WrappedBy},
		"another domain": {ID: again.ID, Domain: "acme.1", State: catalog.KeyActive, Wrapped: again.Wrapped, WrappedBy: again.WrappedBy},
	} {
		if both.Opens(context.Background(), moved) {
			t.Errorf("%s: the wrapped key opens", name)
		}
	}
}

// service is a key service. It never shows its keys, and may not answer.
type service struct {
	inner *seal.Ring
	down  atomic.Bool
	asked atomic.Int64
}

var errDown = errors.New("the service of keys does not answer")

func (s *service) ask() error {
	s.asked.Add(1)
	if s.down.Load() {
		return errDown
	}
	return nil
}

func (s *service) Newest(ctx context.Context) (string, error) {
	if err := s.ask(); err != nil {
		return "", err
	}
	return s.inner.Newest(ctx)
}

func (s *service) Wrap(ctx context.Context, key []byte, purpose string) ([]byte, string, error) {
	if err := s.ask(); err != nil {
		return nil, "", err
	}
	return s.inner.Wrap(ctx, key, purpose)
}

func (s *service) Unwrap(ctx context.Context, wrapped []byte, by, purpose string) ([]byte, error) {
	if err := s.ask(); err != nil {
		return nil, err
	}
	return s.inner.Unwrap(ctx, wrapped, by, purpose)
}

// A key service can wrap keys. It is asked once in a while. Its failure is tried again, and is not
// taken for a lost key.
func TestAServiceOfKeys(t *testing.T) {
	c := open(t)
	inner, err := seal.NewRing(func() (string, error) { return seal.NewKey(), nil })
	if err != nil {
		t.Fatal(err)
	}
	s := &service{inner: inner}
	k := keyring.NewWith(s, nil)
	k.Use(c.Keys)
	clock := keyring.Clock(k)
	s.down.Store(true)
	if _, err := k.Newest(t.Context(), ""); !errors.Is(err, errDown) {
		t.Errorf("the service is down: %v", err)
	}
	s.down.Store(false)
	first := newest(t, k)
	asked := s.asked.Load()
	for range 1000 {
		if key, err := k.Key(t.Context(), first.ID()); err != nil || key.ID() != first.ID() {
			t.Fatal(key, err)
		}
		newest(t, k)
	}
	if n := s.asked.Load(); n != asked {
		t.Errorf("the service was asked %d times more", n-asked)
	}
	s.down.Store(true)
	clock(2 * keyring.Fresh)
	if key, err := k.Key(t.Context(), first.ID()); err != nil || key.ID() != first.ID() {
		t.Errorf("a key that was there before, while the service is down: %v", err)
	}
	starting := keyring.NewWith(s, nil)
	starting.Use(c.Keys)
	_, err = starting.Key(t.Context(), first.ID())
	if kind, _ := fault.Of(err); !errors.Is(err, errDown) || blob.IsLocked(err) || kind != fault.KindRetry {
		t.Errorf("the service is down: %v, %v", kind, err)
	}
}

// A process stops using a key within seconds of the key's destruction, however often it uses it.
func TestADestroyedKeyIsDropped(t *testing.T) {
	c := open(t)
	if _, err := c.Tenants.Create(t.Context(), by, catalog.Tenant{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	k := ringOf(t, c, "A")
	clock := keyring.Clock(k)
	made, err := c.Keys.Create(t.Context(), by, "acme", func(domain string) (catalog.PackKey, error) { return k.Make(t.Context(), domain) })
	if err != nil {
		t.Fatal(err)
	}
	if key, err := k.Newest(t.Context(), "acme.1"); err != nil || key.ID() != made.ID || key.Domain() != "acme.1" {
		t.Fatal(key, err)
	}
	if _, err := c.Keys.Destroy(t.Context(), by, "acme"); err != nil {
		t.Fatal(err)
	}
	clock(2 * keyring.Fresh)
	if _, err := k.Key(t.Context(), made.ID); !errors.Is(err, blob.ErrDestroyed) {
		t.Errorf("it still opens: %v", err)
	}
	if _, err := k.Newest(t.Context(), "acme.1"); !errors.Is(err, blob.ErrDestroyed) {
		t.Errorf("it still seals: %v", err)
	}
}
