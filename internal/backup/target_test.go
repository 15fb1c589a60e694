package backup_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/blob"
)

// targets opens one target of each kind.
func targets(t *testing.T) map[string]backup.Target {
	t.Helper()
	_, directory := vault(t, backup.Crypt{})
	b := testenv.S3(t)
	bucket, err := backup.OpenBucket(t.Context(), blob.Config{URL: b.URL + "/some/prefix", AccessKey: b.AccessKey, SecretKey: b.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bucket.Close)
	return map[string]backup.Target{"directory": directory, "bucket": bucket}
}

// Every target keeps the contract of the interface.
func TestTargets(t *testing.T) {
	for name, target := range targets(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			body := bytes.Repeat([]byte("leat"), 1000)
			list := []string{"a.json", "backups/1/b.zst", "backups/1/c.zst", "backups/2/a.zst", "packs/plain/text/x.pack"}
			for _, object := range list {
				if err := target.Put(ctx, object, []byte("before")); err != nil {
					t.Fatal(err)
				}
				if err := target.Put(ctx, object, body); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := target.Get(ctx, list[1], int64(len(body))); err != nil || !bytes.Equal(got, body) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			if _, err := target.Get(ctx, list[1], int64(len(body))-1); err == nil {
				t.Error("an object that is too large is read")
			}
			if _, err := target.Get(ctx, "backups/1/none", 10); !errors.Is(err, backup.ErrMissing) {
				t.Errorf("%v, want that it is missing", err)
			}
			for under, want := range map[string]string{"": strings.Join(list, " "), "backups/1/": "backups/1/b.zst backups/1/c.zst", "backups/": strings.Join(list[1:4], " "), "none/": ""} {
				if got := strings.Join(names(t, target, under), " "); got != want {
					t.Errorf("under %q: %s, want %s", under, got, want)
				}
			}
			for range 2 {
				if err := target.Delete(ctx, list[1]); err != nil {
					t.Error(err)
				}
			}
			if got := names(t, target, "backups/1/"); len(got) != 1 {
				t.Errorf("left: %v", got)
			}
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if err := target.Put(ended, "b.json", body); !errors.Is(err, context.Canceled) {
				t.Errorf("%v after the end", err)
			}
		})
	}
}

func TestABackupInABucket(t *testing.T) {
	p, _ := world(t)
	v := backup.NewVault(targets(t)["bucket"], backup.Crypt{}, silent)
	made := create(t, v, p)
	if report, found := verify(t, v, made.ID); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
	to, _ := empty(t)
	if done := restore(t, v, to); done.Copied != made.Copied {
		t.Errorf("%d packs came back, want %d", done.Copied, made.Copied)
	}
}

// A slow target gets its backup. A target that stops answering is detected after the time that an
// object may take, and holds no backup that looks whole. The next backup continues.
func TestATargetThatIsSlow(t *testing.T) {
	p, _ := world(t)
	b := testenv.S3(t)
	u, err := url.Parse(b.URL + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	link := testenv.NewLink(t, "tcp", u.Host)
	u.Host = link.Addr()
	open := func(limit time.Duration) *backup.Vault {
		t.Helper()
		target, err := backup.OpenBucket(t.Context(), blob.Config{URL: u.String(), AccessKey: b.AccessKey, SecretKey: b.SecretKey, Timeout: limit})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(target.Close)
		return backup.NewVault(target, backup.Crypt{}, silent)
	}
	v := open(time.Minute)
	link.Slow(20 * time.Millisecond)
	made := create(t, v, p)
	if report, found := verify(t, v, made.ID); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
	link.Heal()
	hasty := open(5 * time.Second)
	link.Stall()
	if _, err := hasty.Create(t.Context(), leatOf(p), backup.Request{Target: "test"}); err == nil || !strings.Contains(err.Error(), "no answer within 5s") {
		t.Errorf("%v, want that the target takes too long", err)
	}
	link.Heal()
	next := create(t, v, p)
	list, err := v.List(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != made.ID || list[1].ID != next.ID {
		t.Errorf("%+v, %v", list, err)
	}
}

// A name with foreign characters does not lead out of the target.
func TestNamesStayInTheDirectory(t *testing.T) {
	_, target := vault(t, backup.Crypt{})
	for _, name := range []string{"../x", "/etc/x", "a/../../x", "", ".leat-1"} {
		if err := target.Put(t.Context(), name, nil); err == nil {
			t.Errorf("%q is written", name)
		}
		if _, err := target.Get(t.Context(), name, 10); err == nil {
			t.Errorf("%q is read", name)
		}
	}
}
