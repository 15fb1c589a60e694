// Package service is the one Go API for reading and steering a leat: search, read, list, submit,
// follow, and everything that an operator asks or orders. The command line and every other door for
// people or programs is a skin over it. A skin turns its input into a request and the answer into
// its output, and holds no logic of its own.
//
// It owns the meaning of a request: the repository that a name stands for, the generation of the
// index that answers, and the size of an answer. Each request names a tenant, and the answer holds
// no data of other tenants, unless the request sets AnyTenant. The generations of the index, the
// installation's keys and settings, and the syncer's schedule serve all tenants at once. Their
// requests name no tenant, and a skin asks for a token of the installation.
//
// It does not open stores (internal/store does) or run workers (internal/worker does), and it names
// no flags or commands. An error states the fault, and the skin adds the remedy for its users.
//
// Each error has a kind, which errors.Is finds: NotFound, Invalid, Refused,
// Unavailable, Unauthenticated, Denied or Limited. An *Error also names the field of the
// request that is at fault. The context's own error is returned unchanged.
package service
