// Package syncer is the syncer's step: it makes true what the catalog says.
//
// It is level-triggered. It does not follow events; it looks at the present
// state, and acts on the difference. Any number of syncers may run: advisory
// locks keep them from acting on the same thing at once.
//
//	syncer       the look, every few seconds: streams, owed work, polls, forgetting
//	   │
//	schedule     periodic work: when it is due, how far it came, its history
//	   ├── object      S3: scrub, repair, garbage
//	   ├── point       the vector store: comparison by checksum, then by point
//	   └── (syncer)    retention
//	dormant            tracks that nobody searches fall asleep, and wake
//	point
//	   ├── generation  builds of the index: rebuild, swap, rollback, drop
//	   └── verify      the three stores side by side, for people
//
// A room imports only rooms above it in this picture, and none imports the step.
// internal/house enforces this.
package syncer
