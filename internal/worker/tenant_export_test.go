package worker

// For the tests of the package, which need a pipe.
var (
	Credentials = credentials
	Budgets     = budgets
)
