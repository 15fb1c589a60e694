package git

import "context"

// Credentials are the credentials of the tenant that a fetch is for.
type Credentials struct {
	// Lookup returns "token" or "user:token" for a host, with its port unless that is the
	// default. It returns false if there is none.
	Lookup func(ctx context.Context, host string) (value string, found bool, err error)
	// Shared says that the installation's own token or ssh key serves if Lookup finds
	// none.
	Shared bool
}

type credentialsKey struct{}

// WithCredentials returns a context in which Fetch uses these credentials. In other contexts
// it uses those of the installation.
func WithCredentials(ctx context.Context, c Credentials) context.Context {
	return context.WithValue(ctx, credentialsKey{}, c)
}

func credentialsOf(ctx context.Context) Credentials {
	if c, ok := ctx.Value(credentialsKey{}).(Credentials); ok {
		return c
	}
	return Credentials{Shared: true}
}

// credential finds the credential for a host: that of the tenant of the fetch or else, if it
// is shared, that of the installation.
func (m *Mirrors) credential(ctx context.Context, host string) (credential, bool, error) {
	own := credentialsOf(ctx)
	if own.Lookup != nil {
		if value, found, err := own.Lookup(ctx, host); err != nil || found {
			return parseCredential(host, value), found, err
		}
	}
	if !own.Shared {
		return credential{}, false, nil
	}
	return m.token(host)
}
