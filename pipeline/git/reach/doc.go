// Package reach decides which hosts, ports and addresses a repository's URL may
// contact, and makes the connections.
//
// Otherwise a person who submits a URL could make the ingestor contact everything that its
// machine can reach: the services of its own network, and the address at which a cloud
// hands out credentials. A [Policy] refuses addresses outside the public internet, and
// ports other than 22, 80 and 443, unless a [Rule] allows them.
//
// A URL's text says too little: its host may resolve to any address, and to
// another one the next time, and may redirect elsewhere. So git makes no
// connection by itself. A [Gate] is a proxy in this process, on the loopback
// address and behind a password, for the time of one fetch. It resolves each host
// that git asks for, a redirect's too, judges the addresses, and dials one that it
// has judged. HTTP goes through it by git's http.proxy. Ssh goes through it by a
// ProxyCommand, which is this program in the mode of [Main].
//
// Where the operator's environment names a proxy (HTTPS_PROXY and the like), that
// proxy resolves and dials. The gate then judges ports, and the addresses that are
// written in the URL; the proxy has to refuse the names that lead inside.
package reach
