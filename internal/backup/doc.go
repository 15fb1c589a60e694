// Package backup copies a leat to another place as it is at one point in time, and
// back into empty stores.
//
// A backup holds the catalog's tables and every pack that they name. It need not copy points of the
// vector store, messages of the broker and mirrors, because they are derived. The exception are
// submissions that no ingestor has accepted yet, of which there is no other copy; a backup holds
// them too. Points are copied on request. docs/backup.md describes the target's layout and the form
// of each object.
//
// An object in a target belongs to no backup until a signed manifest names it. The manifest is
// written last, so that half a backup never looks whole. Packs are named by their content and
// shared by all backups of a target.
//
// The package owns the layout, the manifest, and the order of steps. It does not
// know SQL: pipeline/catalog copies tables out and in. It does not decide when a
// backup is due: pipeline/syncer/schedule does.
package backup
