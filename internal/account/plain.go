package account

import (
	"fmt"
	"strings"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// userMode is the configuration that holds the accounts and the users, by the public keys of the
// users.
func (k *keyring) userMode(all []account) (string, error) {
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, "system_account: %s\n\naccounts {\n", systemAccount)
	var known []string // users whom the server knows without the callout
	for _, a := range all {
		fmt.Fprintf(&b, "  %s {\n", quote(a.name))
		if a.name == streamsAccount {
			b.WriteString("    jetstream: enabled\n")
		}
		writeReach(&b, a)
		b.WriteString("    users: [\n")
		for _, u := range a.users {
			id, err := public(k.user(Users, a, u))
			if err != nil {
				return "", err
			}
			known = append(known, id)
			fmt.Fprintf(&b, "      { nkey: %s%s } # %s\n", id, permissions(u), a.file(u))
		}
		b.WriteString("    ]\n  }\n")
	}
	b.WriteString("}\n\n")
	if err := k.writeCallout(&b, known); err != nil {
		return "", err
	}
	return b.String(), nil
}

// writeReach writes the subjects that an account offers to others, or the ones that it imports.
func writeReach(b *strings.Builder, a account) {
	switch {
	case a.name == streamsAccount:
		b.WriteString("    exports: [\n")
		for _, s := range broker.Offered() {
			fmt.Fprintf(b, "      { service: %s%s }\n", quote(s.Subject), many(s.Many))
		}
		for _, s := range streamExports() {
			fmt.Fprintf(b, "      { stream: %s }\n", quote(s))
		}
		b.WriteString("    ]\n")
	case a.tenant != "":
		b.WriteString("    imports: [\n")
		for _, c := range broker.Calls(a.tenant) {
			fmt.Fprintf(b, "      { service: { account: %s, subject: %s }, to: %s }\n", streamsAccount, quote(c.Subject), quote(c.Local))
		}
		for _, s := range broker.Heard(a.tenant) {
			fmt.Fprintf(b, "      { stream: { account: %s, subject: %s } }\n", streamsAccount, quote(s))
		}
		b.WriteString("    ]\n")
	}
}

// streamExports are the subjects that all tenants together hear. Each account imports only its own
// part of them.
func streamExports() []string { return []string{events.CompletedSubjects, events.IndexedSubjects} }

func many(is bool) string {
	if is {
		return ", response_type: stream"
	}
	return ""
}

func permissions(u user) string {
	if u.all {
		return ""
	}
	answers := ""
	if u.answers {
		answers = ", allow_responses: true"
	}
	return fmt.Sprintf(", permissions: { publish: { allow: [%s] }, subscribe: { allow: [%s] }%s }", list(u.Publish), list(u.Subscribe), answers)
}

func list(subjects []string) string {
	quoted := make([]string, len(subjects))
	for i, s := range subjects {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

// quote writes a subject or a name. None of leat's holds a quote or a backslash. In single quotes a
// server does not take $ for a variable.
func quote(s string) string { return "'" + s + "'" }

// writeCallout lets the gateway decide about every client that is not one of the users.
func (k *keyring) writeCallout(b *strings.Builder, known []string) error {
	issuer, err := public(k.signer(account{name: calloutAccount}))
	if err != nil {
		return err
	}
	xkey, err := public(k.sealer())
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "authorization {\n  auth_callout {\n    account: %s\n    issuer: %s\n    xkey: %s\n    auth_users: [%s]\n  }\n}\n",
		calloutAccount, issuer, xkey, strings.Join(known, ", "))
	return nil
}

// head begins the file of accounts.
const head = "# Accounts and users of leat, written by 'leat nats config'. Its next run replaces this file.\n\n"

// serverText is the file of the server's own settings, for its operator to change.
func serverText(cfg Config) string {
	listen, store := cfg.Listen, cfg.StoreDir
	if listen == "" {
		listen = DefaultListen
	}
	if store == "" {
		store = DefaultStoreDir
	}
	return fmt.Sprintf(`# A NATS server for leat, written by 'leat nats config'. The file is yours to change: no
# later run replaces it.
listen: %q

jetstream {
  store_dir: %q
  # The intake has no other copy of what it acknowledges.
  sync_interval: always
}

# Subscriptions of one connection.
max_subscriptions: 1000

# Without TLS, events and tokens cross the network in the clear.
# tls { cert_file: "/etc/nats/server.pem", key_file: "/etc/nats/server.key" }

include %q
`, listen, store, accountsFile)
}
