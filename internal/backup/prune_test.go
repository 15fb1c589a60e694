package backup_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestTheNewestOfEachPeriodStays(t *testing.T) {
	const suffix = "T120000Z-00000000"
	ids := []string{"20251230" + suffix, "20260101" + suffix, "20260131" + suffix, "20260209" + suffix, "20260210" + suffix, "20260211" + suffix}
	for name, c := range map[string]struct {
		keep backup.Keep
		want []string
	}{
		"none but the newest": {backup.Keep{}, []string{"20260211"}},
		"two days":            {backup.Keep{Daily: 2}, []string{"20260210", "20260211"}},
		"two weeks":           {backup.Keep{Weekly: 2}, []string{"20260131", "20260211"}},
		"weeks at new year":   {backup.Keep{Weekly: 9}, []string{"20260101", "20260131", "20260211"}},
		"three months":        {backup.Keep{Monthly: 3}, []string{"20251230", "20260131", "20260211"}},
		"by default":          {backup.DefaultKeep, []string{"20251230", "20260101", "20260131", "20260209", "20260210", "20260211"}},
	} {
		var got []string
		for id := range c.keep.Choose(ids) {
			got = append(got, strings.TrimSuffix(id, suffix))
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func names(t *testing.T, target backup.Target, under string) []string {
	t.Helper()
	var all []string
	for item, err := range target.List(t.Context(), under) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item.Name)
	}
	return all
}

// A prune removes only the packs of removed backups.
func TestPruneRemovesWhatNoBackupNames(t *testing.T) {
	p, r := world(t)
	v, target := vault(t, backup.Crypt{})
	create(t, v, p)
	r.Commit(t, testpipe.Text("only.txt", "nothing of before\n"))
	p.Submit(t, r)
	p.Settle(t)
	first := names(t, target, "packs/")
	made := create(t, v, p)
	stray := "packs/plain/text/" + strings.Repeat("7", 64) + ".pack"
	foreign := "packs/plain/note.txt"
	for _, name := range []string{stray, foreign} {
		if err := target.Put(t.Context(), name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	dry, err := v.Prune(t.Context(), backup.Keep{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if all := names(t, target, "packs/"); !slices.Contains(all, stray) {
		t.Error("a dry run removes")
	}
	did, err := v.Prune(t.Context(), backup.Keep{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(did.Removed) != 1 || did.Packs != 1 || dry.Packs != did.Packs {
		t.Errorf("%+v after %+v", did, dry)
	}
	left := names(t, target, "packs/")
	if slices.Contains(left, stray) || !slices.Contains(left, foreign) || len(left) != len(first)+1+int(made.Copied) {
		t.Errorf("left: %v", left)
	}
	if report, found := verify(t, v, made.ID); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
	if marks := names(t, target, "pruning/"); len(marks) != 0 {
		t.Errorf("marks are left: %v", marks)
	}
}

// hooked calls a function before each write and each deletion.
type hooked struct {
	backup.Target
	put, del func(name string)
}

func (h hooked) Put(ctx context.Context, name string, body []byte) error {
	if h.put != nil {
		h.put(name)
	}
	return h.Target.Put(ctx, name, body)
}

func (h hooked) Delete(ctx context.Context, name string) error {
	if h.del != nil {
		h.del(name)
	}
	return h.Target.Delete(ctx, name)
}

// A prune that runs at any moment of a backup takes nothing from it.
func TestAPruneBesideABackup(t *testing.T) {
	p, _ := world(t)
	_, probe := vault(t, backup.Crypt{})
	var writes atomic.Int64 // packs are written by several goroutines
	create(t, backup.NewVault(hooked{Target: probe, put: func(string) { writes.Add(1) }}, backup.Crypt{}, silent), p)
	for n := int64(1); n < writes.Load(); n++ {
		_, target := vault(t, backup.Crypt{})
		plain := backup.NewVault(target, backup.Crypt{}, silent)
		create(t, plain, p) // no other backup names its packs
		if did, err := plain.Prune(t.Context(), backup.Keep{}, false); err != nil || did.Packs != 0 {
			t.Fatalf("%+v, %v", did, err)
		}
		list, err := plain.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names(t, target, "backups/"+list[0].ID+"/") {
			if err := target.Delete(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		var at atomic.Int64
		v := backup.NewVault(hooked{Target: target, put: func(string) {
			if at.Add(1) == n {
				if _, err := plain.Prune(t.Context(), backup.Keep{}, false); err != nil {
					t.Error(err)
				}
			}
		}}, backup.Crypt{}, silent)
		made := create(t, v, p)
		if report, found := verify(t, plain, made.ID); !report.OK {
			t.Errorf("a prune at write %d: %+v: %v", n, report, found)
		}
	}
}

// A backup waits for a prune that began before its draft was written, but not for a dead one.
func TestABackupWaitsForAPrune(t *testing.T) {
	p, _ := world(t)
	_, target := vault(t, backup.Crypt{})
	v := backup.NewVault(target, backup.Crypt{}, silent)
	first := create(t, v, p)
	for _, name := range names(t, target, "backups/"+first.ID+"/") {
		if err := target.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	began, waits := make(chan struct{}), make(chan struct{})
	var once, again sync.Once
	pruning := backup.NewVault(hooked{Target: target, del: func(name string) {
		if strings.HasPrefix(name, "packs/") {
			once.Do(func() {
				close(began)
				select {
				case <-waits:
				case <-time.After(testpipe.Patience):
				}
			})
		}
	}}, backup.Crypt{}, silent)
	pruned := make(chan error, 1)
	go func() {
		_, err := pruning.Prune(t.Context(), backup.Keep{}, false)
		pruned <- err
	}()
	<-began
	drafted := backup.NewVault(hooked{Target: target, put: func(name string) {
		if strings.Contains(name, "pack_list") { // the draft comes next, and then the wait
			again.Do(func() { time.AfterFunc(10*time.Millisecond, func() { close(waits) }) })
		}
	}}, backup.Crypt{}, silent)
	made := create(t, drafted, p)
	if err := <-pruned; err != nil {
		t.Error(err)
	}
	if report, found := verify(t, v, made.ID); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
	if err := target.Put(t.Context(), "pruning/dead", []byte("1")); err != nil {
		t.Fatal(err)
	}
	v.SetPatience(50 * time.Millisecond)
	create(t, v, p)
	if marks := names(t, target, "pruning/"); len(marks) != 0 {
		t.Errorf("the mark of a dead prune is left: %v", marks)
	}
}
