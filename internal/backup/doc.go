// Package backup copies a leat to another place as it is at one point in time, and
// back into empty stores.
//
// A backup is the catalog's tables and every pack that they name. Points of the
// vector store, messages of the broker and mirrors are not copied, because they are
// derived; only the submissions that nobody has accepted yet have no other copy.
// docs/backup.md describes the target's layout and the form of each object.
//
// What a target holds belongs to no backup until a signed manifest names it. The
// manifest is written last, so that a half backup never looks whole. Packs are named
// by their content and shared by all backups of a target.
//
// The package owns the layout, the manifest, and the order of steps. It does not
// know SQL: pipeline/catalog copies tables out and in. It does not decide when a
// backup is due: pipeline/syncer/schedule does.
package backup
