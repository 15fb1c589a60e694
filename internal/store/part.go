package store

// Parts are some of the stores.
type Parts uint8

// The stores.
const (
	Postgres Parts = 1 << iota
	NATS
	S3
	Qdrant

	All = Postgres | NATS | S3 | Qdrant
)

// Error says which store could not be opened. Its text is Err's: the caller
// knows whether the store was named by a flag.
type Error struct {
	Part Parts
	Flag string // that names the store's address, for example --postgres-url
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }
