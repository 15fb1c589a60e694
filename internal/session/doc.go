// Package session lets people sign in with a browser, by a token of leat or by a provider of OpenID
// Connect. It recognises them by a cookie.
//
// It owns the cookies, the check that a request comes from a page of the same session, and the
// exchange with the provider. A cookie holds the whole session, sealed with a key that every
// gateway has. So no gateway keeps state, and any of them can answer. The catalog knows which
// sessions people have ended, and is asked for each request. A cookie holds no token. A session of
// a token holds the token's hash, and each request checks whether the token is still valid. A
// session of OIDC holds the person and a role, and each request looks up in the configuration what
// the role grants.
//
// The only page that the package draws is a plain form to sign in, which Config.Page replaces. It
// does not decide what a grant reaches.
package session
