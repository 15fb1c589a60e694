// Package git reads repositories through the git command.
//
// It owns the mirrors, which are bare copies of remote repositories, one directory each,
// and every run of git. It never does what a pipeline must not do with a stranger's
// repository. There is no checkout, so no path of a repository becomes a path on disk.
// Hooks and filters are not run, submodules and LFS objects are not fetched, and nothing
// asks on a terminal.
//
// # Mirrors
//
// A mirror holds, of each ref that was fetched, the newest commit and its tree,
// not its history: fetches have a depth of 1. Leat indexes snapshots, and to
// find what changed it needs two trees, the new one and the one indexed last,
// which the mirror has from before. Without history a mirror is a tenth to a
// fiftieth of the size, and a shallow source (a CI checkout) is as good as any
// other. The price is that a server computes the pack of each fetch instead of
// copying it from disk.
//
// A mirror is a cache. A commit that is no tip any more stays readable until the
// mirror is made anew: when it is damaged, when its objects cannot be read, or
// when it passes the size limit and a fresh one might not. Callers ask
// [Repo.Has], and list the whole tree where the old one is gone.
//
// Each mirror has a lock beside it, held while it changes, across goroutines and
// processes. Readers take no lock.
//
// # Isolation
//
// Git sees an environment made from nothing (a PATH, proxies, the ssh agent, CA
// files), an empty HOME, and no configuration of the system or the user. Only the
// remote's own protocol is allowed, even after a redirect. Every fetch checks objects
// against their names. transfer.fsckObjects stays off: its other checks protect
// checkouts, which do not happen here, and refuse old histories that are merely
// untidy.
//
// A local repository is served by an upload-pack to which no protocol at all is
// allowed, so that its own configuration cannot make git run a command, and
// which may read a directory that another user owns.
//
// Ssh reads neither the user's nor the machine's configuration, asks nothing, and
// connects only to hosts whose key is already known.
//
// Git and all its children form one session, killed as a whole when the context
// ends, when a limit is passed, and when this process dies.
//
// Each process has limits of memory, processor time, processes and file size, which
// the kernel enforces (on Linux). They bound the data that a server sends, and the size
// to which a pack expands.
//
// # Tokens
//
// A URL never holds a credential: [Mirrors.Parse] refuses those. The token of a
// host comes from the environment (LEAT_GIT_TOKEN_GITHUB_COM: a dot becomes _, a
// hyphen __) or from the token file, as "token" or "user:token". Git asks for it
// through a credential helper when the host itself demands one. It is in no
// argument, no file of a mirror and no error.
package git
