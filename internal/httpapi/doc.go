// Package httpapi is the HTTP door to a leat: routes under /api/v1, their OpenAPI
// description, and a page to read it.
//
// It owns the form of requests and answers over HTTP: who may ask which route, how
// much a request may hold and how long it may take, and how an error looks. It holds
// no logic of its own: internal/service says what a request means, and the types of
// its answers are the JSON of this package and of the command line.
//
// Each file registers the routes of one subject in a function registerX, which New
// calls. A route is registered by get or post and so on, which see to the token, the
// scope, the tenant, the deadline and the error: a handler only turns a request into
// one of the service's.
//
// It opens no listener and no store; internal/gateway does.
package httpapi

//go:generate go run ./internal/openapigen ../../api/openapi.json
