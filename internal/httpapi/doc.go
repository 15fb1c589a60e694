// Package httpapi is the HTTP door to a leat: routes under /api/v1, their OpenAPI
// description, and a page to read it.
//
// It owns the form of requests and answers over HTTP: who may use which route, how large a request
// may be and how long it may take, and the form of an error. It holds no logic of its own:
// internal/service says what a request means, and the types of its answers are the JSON of this
// package and of the command line.
//
// Each file registers the routes of one subject in a function registerX, which New calls. Functions
// such as get and post register a route. They take care of the token, the scope, the tenant, the
// deadline and the error, so a handler only turns a request into one of the service.
//
// It opens no listener and no store; internal/gateway does.
package httpapi

//go:generate go run ./internal/openapigen ../../api/openapi.json
