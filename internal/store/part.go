package store

// Parts is a set of stores.
type Parts uint8

// The stores.
const (
	Postgres Parts = 1 << iota
	NATS
	S3
	Qdrant

	All = Postgres | NATS | S3 | Qdrant
)

// Error names the store that could not be opened. Its text is Err's: only the caller
// knows whether a flag named the store.
type Error struct {
	Part Parts
	Flag string // the flag of the store's address, for example --postgres-url
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }
