// Package session lets people sign in with a browser, and knows them again by a cookie:
// by a token of leat, or by a provider of OpenID Connect.
//
// It owns the cookies, the check that a request comes from a page of the same session,
// and the exchange with the provider. A cookie holds the whole session, sealed with a key
// that every gateway has, so that no gateway keeps anything and any of them answers. The
// catalog knows the sessions that people have ended, and is asked for each request. A
// cookie holds no token: a session of a token holds the token's hash, and asks for each
// request whether the token is still valid. A session of OIDC holds the person and a role,
// and what the role grants is looked up in the configuration for each request.
//
// The package draws no pages but a plain form to sign in, which Config.Page replaces. It
// decides nothing about what a grant reaches.
package session
