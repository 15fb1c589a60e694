package worker

// The tests of these functions need a pipe, so they are in another package.
var (
	Credentials = credentials
	Budgets     = budgets
)
