package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// An owner is the user as whom the server runs if this process runs as root. Nil means the user of this process.
type owner struct{ uid, gid int }

// newOwner chooses the user who owns a new cluster.
func newOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, fmt.Errorf("look up user %s: %w", name, err)
		}
		return &owner{uid, gid}, nil
	}
	return nil, errors.New("the server refuses to run as root, and there is neither a user postgres nor a user nobody to run it as")
}

// ownerOf returns the user that must run the server on existing data.
func ownerOf(data string, info os.FileInfo) (*owner, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, fmt.Errorf("no owner known of %s", data)
	}
	uid, gid, euid := int(st.Uid), int(st.Gid), os.Geteuid()
	switch {
	case euid != 0 && uid == euid:
		return nil, nil
	case euid != 0:
		return nil, fmt.Errorf("%s belongs to user %d and this is user %d: start it as root or as that user, or use another directory", data, uid, euid)
	case uid == 0:
		return nil, fmt.Errorf("%s belongs to root, as whom Postgres refuses to run: give it to another user (chown -R)", data)
	}
	return &owner{uid, gid}, nil
}

// credential makes a child run as the owner, without other groups.
func (o *owner) credential() *syscall.Credential {
	if o == nil {
		return nil
	}
	return &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}

// take gives path to the owner.
func (o *owner) take(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}
