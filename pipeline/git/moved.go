package git

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/leatworks/leat/events"
)

// redirecting is git's message when it follows a redirect.
const redirecting = "warning: redirecting to "

// maxHops bounds the redirects that are followed to learn where a repository is.
const maxHops = 5

// askTimeout bounds a look at where a repository is.
const askTimeout = 30 * time.Second

const advertisement = "/info/refs?service=git-upload-pack"

// moved returns the address to which the host of a remote leads for good, or "" if there is
// none. Git says that it was redirected but not whether for good, so moved asks again. It
// never learns another host from a redirect, because the owner of that host has not said
// that the repository is theirs.
func (m *Mirrors) moved(ctx context.Context, remote Remote, a access) string {
	at, permanent, err := m.follow(ctx, remote, a)
	if err != nil || !permanent {
		return "" // the fetch was done: nothing depends on the answer
	}
	to, err := m.Parse(at)
	if err != nil || to.kind != kindHTTP {
		return ""
	}
	old, now := events.RepositoryName(remote.text), events.RepositoryName(to.text)
	host, _, _ := strings.Cut(old, "/")
	if old == now || !strings.HasPrefix(now, host+"/") {
		return ""
	}
	return to.text
}

// Stands says whether a repository itself answers at an HTTP address, and not a redirect to
// another one. It is false if that cannot be found out.
func (m *Mirrors) Stands(ctx context.Context, remote Remote) (bool, error) {
	if remote.kind != kindHTTP {
		return false, nil
	}
	a, err := m.access(ctx, remote)
	if err != nil {
		return false, err
	}
	defer a.close()
	at, _, err := m.follow(ctx, remote, a)
	return err == nil && events.RepositoryName(at) == events.RepositoryName(remote.text), nil
}

// follow follows redirects to the address that answers, and says whether each of them
// was for good.
func (m *Mirrors) follow(ctx context.Context, remote Remote, a access) (at string, permanent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client, err := client(a)
	if err != nil {
		return "", false, err
	}
	defer client.CloseIdleConnections()
	at, permanent = remote.fetchURL(), true
	for range maxHops {
		status, to, err := ask(ctx, client, remote, at, a)
		switch {
		case err != nil:
			return "", false, err
		case status == http.StatusOK:
			return at, permanent, nil
		case status/100 != 3:
			return "", false, fmt.Errorf("answered %d", status)
		}
		permanent = permanent && (status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect)
		at = to
	}
	return "", false, fmt.Errorf("more than %d redirects", maxHops)
}

// client speaks through the gate, as git does.
func client(a access) (*http.Client, error) {
	gate, err := url.Parse(a.gate.URL())
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyURL(gate), MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true}
	if path := os.Getenv("GIT_SSL_CAINFO"); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read GIT_SSL_CAINFO: %w", err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// ask asks an address for its refs. It returns the status, and the repository to which a
// redirect leads. It shows the credential only to the credential's own host.
func ask(ctx context.Context, client *http.Client, remote Remote, at string, a access) (status int, to string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at+advertisement, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("User-Agent", "git/leat") // some hosts answer git alone
	if own, _ := url.Parse(remote.text); a.credential.token != "" && request.URL.Scheme == own.Scheme && request.URL.Host == own.Host {
		request.SetBasicAuth(a.credential.user, a.credential.token)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
	if response.StatusCode == http.StatusOK && !strings.HasPrefix(response.Header.Get("Content-Type"), "application/x-git-upload-pack-advertisement") {
		return 0, "", fmt.Errorf("%s is no repository", at)
	}
	if location, err := response.Location(); err == nil {
		to = strings.TrimSuffix(location.String(), advertisement)
		if to == location.String() {
			return 0, "", fmt.Errorf("%s leads to something else", at)
		}
	}
	return response.StatusCode, to, nil
}
