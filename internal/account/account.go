// Package account makes the accounts, users and keys of a NATS server for leat, and the server's
// configuration with them.
//
// The streams and the workers share one account, and each tenant has its own. A tenant's account
// reaches two things of the streams' account: the tenant's subject of the intake, and the events
// about the tenant's repositories. Permissions within a single account would not be enough. A
// publisher names the subject of the server's answer, and the server does not check whether the
// publisher may publish there.
//
// The package decides who has an account and which keys there are. Package broker decides which
// subjects a role needs.
package account

import (
	"errors"
	"fmt"
	"slices"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// Variant is the way in which the server knows its users.
type Variant string

// The variants.
const (
	Operator Variant = "operator" // accounts and users are JWTs, signed by an operator's key
	Users    Variant = "users"    // accounts and users stand in the configuration, each user with an nkey
)

// Config says what to write.
type Config struct {
	// Dir is the directory of all files. It is made with mode 0700.
	Dir string
	// Variant of the configuration. Default: that of an earlier run, else Operator.
	Variant Variant
	// Tenants that get an account, in addition to the tenants of earlier runs.
	Tenants []string
	// Listen is the server's address. Listen and StoreDir have an effect only when the server's
	// file is first written. Default: 0.0.0.0:4222.
	Listen string
	// StoreDir is the server's directory of streams. Default: /var/lib/nats.
	StoreDir string
	// Force makes new keys in place of those of earlier runs, and lets the variant change.
	Force bool
}

// Defaults of a configuration.
const (
	DefaultListen   = "0.0.0.0:4222"
	DefaultStoreDir = "/var/lib/nats"
)

// Written lists what a run has written.
type Written struct {
	Variant Variant `json:"variant"`
	Config  string  `json:"config"`  // the server's configuration file
	Callout string  `json:"callout"` // for the gateway: --nats-callout
	Users   []User  `json:"users"`
}

// User is a user of the server, and the file of its credentials.
type User struct {
	Name        string `json:"name"`
	Tenant      string `json:"tenant,omitempty"` // "": the user is of the installation
	Credentials string `json:"credentials"`
	Inbox       string `json:"inbox"` // the prefix of its inboxes; the server refuses it any others
}

// Names of accounts. A tenant's begins with tenantAccount.
const (
	streamsAccount = "LEAT"
	systemAccount  = "SYS"
	calloutAccount = "AUTH"
	tenantAccount  = "TENANT-"
)

// Names of users that are not roles.
const (
	adminUser     = "admin" // may do everything in the account of the streams
	systemUser    = "system"
	calloutUser   = "callout"
	publisherUser = "publisher"
	listenerUser  = "listener"
)

// account is an account with its users.
type account struct {
	name   string
	tenant string
	users  []user
}

type user struct {
	name    string
	inbox   string
	all     bool // no permission is refused
	answers bool // may answer requests
	broker.Permissions
}

// file is the name of the user's files.
func (a account) file(u user) string {
	if a.tenant == "" {
		return u.name
	}
	return u.name + "." + a.tenant
}

// accounts are the accounts of a leat with the tenants, in the order of the files.
func accounts(tenants []string) []account {
	streams := account{name: streamsAccount, users: []user{{name: adminUser, all: true, inbox: "_INBOX"}}}
	for _, role := range broker.Roles {
		streams.users = append(streams.users, user{name: string(role), inbox: broker.Inbox(role.Name()), Permissions: role.Permissions()})
	}
	all := []account{
		streams,
		{name: systemAccount, users: []user{{name: systemUser, all: true, inbox: "_INBOX"}}},
		{name: calloutAccount, users: []user{{
			name: calloutUser, answers: true, inbox: broker.Inbox(broker.CalloutName), Permissions: broker.MayAuthorize(),
		}}},
	}
	for _, tenant := range tenants {
		all = append(all, account{name: tenantAccount + tenant, tenant: tenant, users: []user{
			{name: publisherUser, inbox: broker.Inbox(publisherUser), Permissions: broker.MaySubmit(tenant, publisherUser)},
			{name: listenerUser, inbox: broker.Inbox(listenerUser), Permissions: broker.MayListen(tenant, listenerUser)},
		}})
	}
	return all
}

// Write writes the configuration and the missing keys. Existing keys and the tenants of earlier
// runs stay, so a run with one more tenant changes nothing for the others.
func Write(cfg Config) (Written, error) {
	w, err := write(cfg)
	if err != nil {
		return w, fmt.Errorf("write the configuration of NATS in %s: %w", cfg.Dir, err)
	}
	return w, nil
}

func write(cfg Config) (w Written, err error) {
	for _, tenant := range cfg.Tenants {
		if err := events.CheckTenant(tenant); err != nil {
			return w, err
		}
	}
	d, err := openDir(cfg.Dir, cfg.Force)
	if err != nil {
		return w, err
	}
	said, err := d.choose(cfg)
	if err != nil {
		return w, err
	}
	keys := keyring{dir: d}
	all := accounts(said.Tenants)
	var text string
	switch said.Variant {
	case Operator:
		text, err = keys.operatorMode(all)
	case Users:
		text, err = keys.userMode(all)
	}
	if err != nil {
		return w, err
	}
	// The manifest comes last, so that the next run repeats a run that was cut short.
	callout, err := keys.callout(said.Variant, all)
	if err == nil {
		err = errors.Join(d.replace(accountsFile, []byte(text)), d.replaceJSON(calloutFile, callout), d.once(serverFile, serverText(cfg)))
	}
	if err == nil {
		err = d.replaceJSON(manifestFile, said)
	}
	if err != nil {
		return w, err
	}
	w = Written{Variant: said.Variant, Config: d.path(serverFile), Callout: d.path(calloutFile)}
	for _, a := range all {
		for _, u := range a.users {
			w.Users = append(w.Users, User{Name: u.name, Tenant: a.tenant, Credentials: d.path(said.Variant.credentials(a.file(u))), Inbox: u.inbox})
		}
	}
	return w, nil
}

// credentials is the file of a user's credentials.
func (v Variant) credentials(file string) string {
	if v == Operator {
		return "users/" + file + ".creds"
	}
	return "users/" + file + ".nk"
}

// manifest holds the decisions of earlier runs.
type manifest struct {
	Variant Variant  `json:"variant"`
	Tenants []string `json:"tenants"`
}

func (d dir) choose(cfg Config) (said manifest, err error) {
	if err := d.readJSON(manifestFile, &said); err != nil {
		return said, err
	}
	switch {
	case said.Variant == "" && cfg.Variant == "":
		said.Variant = Operator
	case said.Variant == "" || cfg.Force && cfg.Variant != "":
		said.Variant = cfg.Variant
	case cfg.Variant != "" && cfg.Variant != said.Variant:
		return said, fmt.Errorf("it holds the variant %s, whose users cannot log in to the other variant; give --force to change it", said.Variant)
	}
	if said.Variant != Operator && said.Variant != Users {
		return said, fmt.Errorf("variant %q: give %s or %s", said.Variant, Operator, Users)
	}
	said.Tenants = append(said.Tenants, cfg.Tenants...)
	slices.Sort(said.Tenants)
	said.Tenants = slices.Compact(said.Tenants)
	for _, tenant := range said.Tenants {
		if err := events.CheckTenant(tenant); err != nil {
			return said, err
		}
	}
	return said, nil
}
