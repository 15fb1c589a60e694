// Package service is the one Go API for reading and steering a leat: search,
// read, list, submit, follow, and everything that an operator asks or orders.
// The command line is a skin over it, and so is whatever else answers people or
// programs: a skin turns its input into a request and the answer into its
// output, and holds no logic of its own.
//
// It owns the meaning of a request: which repository a name stands for, which
// generation of the index answers, how much one answer may hold. Each request
// names a tenant, and an answer holds nothing of another tenant's, except where
// a request asks for all tenants by a field of that name.
//
// It refuses to open stores (internal/store does), to run workers
// (internal/worker does), and to speak of flags or commands: an error says what
// is wrong, and the skin says how its user mends that.
//
// Errors are of a kind, to be asked for with errors.Is: NotFound, Invalid,
// Refused or Unavailable. An *Error also names the field of the request that is
// at fault. The end of the context is returned as it is.
package service
