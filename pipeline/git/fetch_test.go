package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/leatworks/leat/internal/fault"
)

func wantRejected(t testing.TB, err, want error) {
	t.Helper()
	if kind, _ := fault.Of(err); !errors.Is(err, want) || kind != fault.KindReject {
		t.Fatalf("error %v (%v), want a rejected %q", err, kind, want)
	}
}

func TestFetchResolvesRefs(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	main := s.commit("main", text("a", "main"))
	side := s.commit("side/x", text("a", "side"))
	tagged := s.commit("tmp", text("a", "tagged"))
	s.git(nil, "tag", "-a", "-m", "v1", "v1", tagged)
	s.git(nil, "tag", "-a", "-m", "v1 again", "nested", "refs/tags/v1")
	s.git(nil, "tag", "main", tagged) // a branch goes before a tag
	s.git(nil, "update-ref", "refs/pull/1/head", side)
	s.git(nil, "update-ref", "refs/tags/blob", s.blob("no commit"))
	s.git(nil, "update-ref", "-d", "refs/heads/tmp")
	remote := s.remote(m)
	for _, test := range []struct{ ref, full, commit string }{
		{"", "refs/heads/main", main},
		{"HEAD", "refs/heads/main", main},
		{"main", "refs/heads/main", main},
		{"tags/main", "refs/tags/main", tagged},
		{"refs/tags/main", "refs/tags/main", tagged},
		{"side/x", "refs/heads/side/x", side},
		{"heads/side/x", "refs/heads/side/x", side},
		{"v1", "refs/tags/v1", tagged},
		{"nested", "refs/tags/nested", tagged},
		{"refs/pull/1/head", "refs/pull/1/head", side},
	} {
		for range 2 { // the second finds nothing new
			wantHead(t, mustFetch(t, m, "r", remote, test.ref), test.full, test.commit)
		}
	}
	for _, ref := range []string{
		"none", "x", "refs/heads/side", "pull/1/head", "blob", "refs/commits/main", "refs/commits/" + main[:39],
		"-x", "--upload-pack=touch x", "a b", "a..b", "a:b", "+main", "ma*n", "a\nb", "main^{tree}", "@{u}", "refs/", "/main", "x.lock", "@",
	} {
		_, err := m.Fetch(t.Context(), "r", remote, ref)
		wantRejected(t, err, ErrNoRef)
	}
}

// A commit is fetched by its own name, whether a ref leads to it or not, and it stays when
// the branch moves on.
func TestFetchCommit(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	remote := s.remote(m)
	first := s.commit("main", text("a", "1"))
	second := s.commit("main", text("a", "2"))
	wantHead(t, mustFetch(t, m, "r", remote, "main"), "refs/heads/main", second)
	for _, ref := range []string{first, "refs/commits/" + first} {
		wantHead(t, mustFetch(t, m, "r", remote, ref), "refs/commits/"+first, first)
	}
	blob := strings.TrimSpace(s.git(nil, "rev-parse", second+":a"))
	for _, oid := range []string{strings.Repeat("0", 39) + "1", blob} {
		_, err := m.Fetch(t.Context(), "r", remote, oid)
		wantRejected(t, err, ErrNoRef)
	}
	wantHead(t, mustFetch(t, m, "r", remote, first), "refs/commits/"+first, first)
	wantHead(t, mustFetch(t, m, "r", remote, "main"), "refs/heads/main", second)
}

func TestFetchDetachedHead(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	first := s.commit("main", text("a", "1"))
	s.commit("main", text("a", "2"))
	s.git(nil, "update-ref", "--no-deref", "HEAD", first)
	for range 2 {
		wantHead(t, mustFetch(t, m, "r", s.remote(m), ""), "HEAD", first)
	}
}

func TestFetchEmptyAndUnborn(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	for _, ref := range []string{"", "main"} {
		_, err := m.Fetch(t.Context(), "r", s.remote(m), ref)
		wantRejected(t, err, ErrEmpty)
	}
	side := s.commit("side", text("a", "1")) // HEAD names main, which is not there
	_, err := m.Fetch(t.Context(), "r", s.remote(m), "")
	wantRejected(t, err, ErrNoRef)
	wantHead(t, mustFetch(t, m, "r", s.remote(m), "side"), "refs/heads/side", side)
}

func TestFetchNotFound(t *testing.T) {
	m := newMirrors(t)
	plain := t.TempDir()
	file := filepath.Join(plain, "bundle")
	if err := os.WriteFile(file, []byte("# v2 git bundle\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{plain, file, plain + "/none"} {
		_, err := m.Fetch(t.Context(), "r", mustParse(t, m, path), "")
		wantRejected(t, err, ErrNotFound)
	}
	if entries, _ := filepath.Glob(m.dir("r") + "*"); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestFetchForcePush(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	remote, repo := s.remote(m), m.Open("r")
	s.commit("main", text("base", "base"))
	old := s.commit("main", text("base", "base"), text("old", "old"))
	mustFetch(t, m, "r", remote, "")
	forced := s.commitOn("main", "", text("base", "base"), text("new", "new"))
	s.git(nil, "reflog", "expire", "--expire=all", "--all")
	s.git(nil, "prune", "--expire=now")
	wantHead(t, mustFetch(t, m, "r", remote, ""), "refs/heads/main", forced)
	if !repo.Has(t.Context(), old) {
		t.Fatal("the old tip is gone")
	}
	var got []string
	for change, err := range repo.Diff(t.Context(), old, forced) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(change.Deleted, " ", string(change.Path)))
	}
	if want := []string{"false new", "true old"}; !slices.Equal(got, want) {
		t.Fatalf("diff %q, want %q", got, want)
	}
	s.git(nil, "update-ref", "refs/heads/main", s.commitOn("main", "", text("base", "base"), text("new", "new"), text("3", "3")))
	mustFetch(t, m, "r", remote, "")
}

func TestFetchSHA256(t *testing.T) {
	s, m := newSource(t, "--object-format=sha256"), newMirrors(t)
	commit := s.commit("main", text("a", "content"))
	if len(commit) != 64 {
		t.Fatalf("commit %s is no SHA-256", commit)
	}
	wantHead(t, mustFetch(t, m, "r", s.remote(m), ""), "refs/heads/main", commit)
	content, _, err := m.Open("r").File(t.Context(), commit, "a", 100)
	if string(content) != "content" || err != nil {
		t.Fatalf("file: %q, %v", content, err)
	}
	// The repository was made anew with the other format at the same place.
	other := newSource(t)
	commit = other.commit("main", text("a", "sha1"))
	wantHead(t, mustFetch(t, m, "r", other.remote(m), ""), "refs/heads/main", commit)
}

func TestFetchRefBecomesDirectory(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	commit := s.commit("a", text("a", "1"))
	mustFetch(t, m, "r", s.remote(m), "a")
	s.git(nil, "update-ref", "-d", "refs/heads/a")
	s.git(nil, "update-ref", "refs/heads/a/b", commit)
	wantHead(t, mustFetch(t, m, "r", s.remote(m), "a/b"), "refs/heads/a/b", commit)
}

// CI jobs have shallow sources.
func TestFetchFromShallowSource(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "1"))
	commit := s.commit("main", text("a", "2"))
	shallow := newSource(t)
	shallow.git(nil, "fetch", "--quiet", "--depth=1", "file://"+s.dir, "main:main")
	wantHead(t, mustFetch(t, m, "r", shallow.remote(m), ""), "refs/heads/main", commit)
}

func TestFetchOtherUsersRepository(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a repository of another user")
	}
	s, m := newSource(t), newMirrors(t)
	commit := s.commit("main", text("a", "1"))
	err := filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, 65534, 65534))
	})
	if err != nil {
		t.Fatal(err)
	}
	wantHead(t, mustFetch(t, m, "r", s.remote(m), ""), "refs/heads/main", commit)
}

func TestFetchUnchangedIsCheap(t *testing.T) {
	s := newSource(t)
	s.commit("main", text("a", "1"))
	log := shimGit(t)
	m := newMirrors(t)
	mustFetch(t, m, "r", s.remote(m), "")
	if err := os.Truncate(log, 0); err != nil {
		t.Fatal(err)
	}
	mustFetch(t, m, "r", s.remote(m), "")
	runs := strings.Split(strings.TrimSpace(readFile(t, log)), "\n")
	if len(runs) != 1 || !strings.HasPrefix(runs[0], "ls-remote") {
		t.Errorf("an unchanged remote took %d runs of git: %q", len(runs), runs)
	}
}

// Git makes no branch of a tag, but a host may show one.
func TestFetchBranchThatNamesATag(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	commit := s.commit("main", text("a", "1"))
	s.git(nil, "tag", "-a", "-m", "v1", "v1", commit)
	tag := strings.TrimSpace(s.git(nil, "rev-parse", "refs/tags/v1"))
	if err := os.WriteFile(filepath.Join(s.dir, "refs", "heads", "odd"), []byte(tag+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing new
		wantHead(t, mustFetch(t, m, "r", s.remote(m), "odd"), "refs/heads/odd", commit)
	}
}

func TestFetchSizeLimit(t *testing.T) {
	const limit = 1 << 20
	s := newSource(t)
	m := newMirrors(t, func(cfg *Config) { cfg.MaxBytes = limit })
	small := s.commit("main", text("a", "small"))
	mustFetch(t, m, "r", s.remote(m), "")
	s.commit("main", text("a", randomText(2*limit)))
	_, err := m.Fetch(t.Context(), "r", s.remote(m), "")
	wantRejected(t, err, ErrTooLarge)
	if !strings.Contains(err.Error(), fmt.Sprint(limit)) {
		t.Errorf("error %q does not name the limit", err)
	}
	if entries, _ := filepath.Glob(m.dir("r") + ".*"); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
	// A commit that fits by itself is fetched, even if the mirror's old content takes too much
	// room.
	for range 3 {
		s.commitOn("main", small, text("a", randomText(limit/2)))
		head := mustFetch(t, m, "r", s.remote(m), "")
		if size, err := m.Size("r"); err != nil || size > limit || size < limit/2 || !m.Open("r").Has(t.Context(), head.Commit) {
			t.Fatalf("mirror of %d bytes, %v", size, err)
		}
	}
}

// The limit must act while a transfer runs, not after it.
func TestFetchSizeLimitKills(t *testing.T) {
	script := fakeSSH(t, `dir=$(ls -d "$LEAT_TEST_DIR"/r.git.new 2>/dev/null)
if [ -n "$dir" ]; then
	head -c 3000000 /dev/zero > "$dir/objects/pack/tmp_pack_x"
	exec sleep 600
fi
eval "exec $last"`)
	s := newSource(t)
	s.commit("main", text("a", "1"))
	m := newMirrors(t, func(cfg *Config) { cfg.MaxBytes = 1 << 20; cfg.SSHCommand = script })
	// Our environment does not reach ssh, so the script learns the directory here.
	replaceInFile(t, script, "$LEAT_TEST_DIR", m.cfg.Dir)
	_, err := m.Fetch(t.Context(), "r", mustParse(t, m, "ssh://git@example.com"+s.dir), "")
	wantRejected(t, err, ErrTooLarge)
}

func TestMaintainKeepsOldTips(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	remote, repo := s.remote(m), m.Open("r")
	var commits []string
	for i := range maxPacks + 4 {
		commits = append(commits, s.commit("main", text("a", fmt.Sprint(i))))
		mustFetch(t, m, "r", remote, "")
	}
	packs, err := filepath.Glob(m.dir("r") + "/objects/pack/*.pack")
	if err != nil || len(packs) > maxPacks {
		t.Errorf("%d packs, %v", len(packs), err)
	}
	for i, commit := range commits {
		content, _, err := repo.File(t.Context(), commit, "a", 10)
		if err != nil || string(content) != fmt.Sprint(i) {
			t.Errorf("commit %d: %q, %v", i, content, err)
		}
	}
	if distrusted(m.dir("r")) {
		t.Error("maintenance failed")
	}
}

func TestTrimShallow(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "0"))
	s.commit("main", text("a", "1"))
	head := mustFetch(t, m, "r", s.remote(m), "")
	path := filepath.Join(m.dir("r"), "shallow")
	long := readFile(t, path)
	for i := range maxShallow {
		long += fmt.Sprintf("%040x\n", i+1)
	}
	if err := os.WriteFile(path, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.trimShallow(t.Context(), m.dir("r")); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); got != head.Commit+"\n" {
		t.Fatalf("shallow holds %d bytes, want the tip alone", len(got))
	}
	s.commit("main", text("a", "2"))
	mustFetch(t, m, "r", s.remote(m), "")
}

func TestRemoveAndSize(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "1"))
	head := mustFetch(t, m, "r", s.remote(m), "")
	if size, err := m.Size("r"); size <= 0 || err != nil {
		t.Fatalf("size %d, %v", size, err)
	}
	for range 2 {
		if err := m.Remove(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
	}
	if size, err := m.Size("r"); size != 0 || err != nil || m.Open("r").Has(t.Context(), head.Commit) {
		t.Fatalf("after Remove: size %d, %v", size, err)
	}
	if entries, _ := filepath.Glob(m.cfg.Dir + "/r*"); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := m.Remove(t.Context(), "../x"); err == nil {
		t.Error("Remove of ../x: no error")
	}
}

// No setting of a repository has an effect.
func TestHostileRepository(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "1"), text(".gitattributes", "* filter=evil diff=evil\n"), text(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::touch pwned\n"), item{"160000", "x", otherCommit})
	s.commit("broken", text("a", "2"))
	blob := s.blob("2")
	if err := os.Remove(filepath.Join(s.dir, "objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	marker := filepath.Join(t.TempDir(), "pwned")
	evil := "touch " + marker
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-merge", "pre-auto-gc", "upload-pack", "post-index-change"} {
		for _, dir := range []string{s.dir + "/hooks", m.cfg.Dir + "/hooks"} {
			if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, hook), []byte("#!/bin/sh\n"+evil+"\n"), 0o755)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for key, value := range map[string]string{
		"core.fsmonitor": evil, "core.sshCommand": evil, "uploadpack.packObjectsHook": evil, "core.alternateRefsCommand": evil,
		"core.pager": evil, "diff.external": evil, "filter.evil.smudge": evil, "filter.evil.clean": evil, "diff.evil.textconv": evil,
		"credential.helper": "!" + evil, "core.gitProxy": evil, "core.editor": evil, "gpg.program": evil,
		"remote.origin.url": s.dir, "remote.origin.promisor": "true", "remote.origin.uploadpack": evil + "; git-upload-pack",
		"extensions.partialClone": "origin", "core.repositoryFormatVersion": "1",
	} {
		s.git(nil, "config", key, value)
	}
	head := mustFetch(t, m, "r", s.remote(m), "")
	list(t, m.Open("r"), head.Commit)
	if _, _, err := m.Open("r").File(t.Context(), head.Commit, "a", 10); err != nil {
		t.Fatal(err)
	}
	// With an object missing, upload-pack would ask the promisor for it.
	_, err := m.Fetch(t.Context(), "r", s.remote(m), "broken")
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject || !strings.Contains(err.Error(), "partial clone") {
		t.Errorf("fetch of a broken repository: %v", err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Fatal("the repository ran a command")
	}
}

// The user's configuration must neither help nor hurt.
func TestUserConfigurationIsNotRead(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	commit := s.commit("main", text("a", "1"))
	home := t.TempDir()
	marker := filepath.Join(home, "ran")
	config := "[core]\n\thooksPath = " + home + "\n[url \"/nowhere/\"]\n\tinsteadOf = /\n"
	for name, content := range map[string]string{
		".gitconfig":            config,
		"config":                config,
		"reference-transaction": "#!/bin/sh\ntouch " + marker + "\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_GLOBAL": home + "/config", "GIT_CONFIG_SYSTEM": home + "/config",
		"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_TRACE": "1", "GIT_EXEC_PATH": "/nowhere",
		"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "url./nowhere/.insteadOf", "GIT_CONFIG_VALUE_0": "/", "LC_ALL": "de_DE.UTF-8",
	} {
		t.Setenv(name, value)
	}
	wantHead(t, mustFetch(t, m, "r", s.remote(m), ""), "refs/heads/main", commit)
	if _, err := os.Stat(marker); err == nil {
		t.Error("a hook of the user's ran")
	}
}

// A mirror directory inside somebody's checkout must not be taken for part of it.
func TestDirInsideCheckout(t *testing.T) {
	outer := newSource(t)
	s := newSource(t)
	commit := s.commit("main", text("a", "1"))
	outer.git(nil, "config", "url./nowhere/.insteadOf", "/")
	work := t.TempDir()
	if err := os.Rename(outer.dir, work+"/.git"); err != nil {
		t.Fatal(err)
	}
	m := newMirrors(t, func(cfg *Config) { cfg.Dir = work + "/data/git" })
	wantHead(t, mustFetch(t, m, "r", s.remote(m), ""), "refs/heads/main", commit)
}

func TestNewRefuses(t *testing.T) {
	readable := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(readable, []byte("h t"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []Config{{}, {Dir: "relative"}, {Dir: t.TempDir(), MaxBytes: -1}, {Dir: t.TempDir(), TokenFile: readable}, {Dir: t.TempDir(), TokenFile: "/none"}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("New(%+v): no error", cfg)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := New(Config{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("New without git: %v", err)
	}
}

func TestMirrorsArePrivate(t *testing.T) {
	m := newMirrors(t)
	info, err := os.Stat(m.cfg.Dir)
	if err != nil || info.Mode().Perm() != 0o700 || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}
