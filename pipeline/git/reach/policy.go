package reach

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Policy says what may be contacted. It is safe for concurrent use.
type Policy struct {
	rules   []Rule
	resolve Resolver
	git     bool // GitPort needs no rule
}

// GitPort is the port of git:// (IANA, Service Name and Transport Protocol Port Number
// Registry).
const GitPort = 9418

// OpenGit lets GitPort of public addresses through without a rule. It is called before
// the policy is used.
func (p *Policy) OpenGit() { p.git = true }

// usual says whether a port needs no rule.
func (p *Policy) usual(port uint16) bool { return isUsual(port) || p.git && port == GitPort }

// Resolver returns the addresses of a host name.
type Resolver func(ctx context.Context, host string) ([]netip.Addr, error)

// New returns a policy. A nil resolver is the system's.
func New(resolve Resolver, rules ...Rule) *Policy {
	if resolve == nil {
		resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return &Policy{rules: slices.Clone(rules), resolve: resolve}
}

// Refusal is the error for a host, port or address that the policy does not let through.
// Its text names the refused thing, and the rule that would allow it. It is for the
// operator, unless it is made from the URL's text alone.
type Refusal struct{ reason string }

func (r *Refusal) Error() string { return r.reason }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// Host judges the text of a URL: the port, and an address that stands in place of a name.
// The host is in lower case, and an IPv6 address is without brackets. A name that passes
// is judged again when its addresses are known.
func (p *Policy) Host(host string, port uint16) error {
	if odd(host) {
		return refuse("the host %.100q is no name: %v", host, errOdd)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return p.address(host, address, port)
	}
	if p.usual(port) || slices.ContainsFunc(p.rules, func(r Rule) bool { return r.opens(port) && (r.names(host) || r.glob == "") }) {
		return nil
	}
	return refusePort(host, port)
}

func refusePort(host string, port uint16) error {
	return refuse("port %d is not one of 22, 80 and 443; --git-allow-host %s allows it", port, ruleFor(host, port))
}

// address judges an address of a host.
func (p *Policy) address(host string, a netip.Addr, port uint16) error {
	class := classOf(a)
	opened := slices.ContainsFunc(p.rules, func(r Rule) bool {
		return r.opens(port) && (r.holds(a) || (class == public || class.named) && r.names(host))
	})
	switch {
	case opened:
		return nil
	case class != public:
		name := host
		if !class.named {
			name = a.String()
		}
		return refuse("%s is %s; --git-allow-host %s allows it", a, class.name, ruleFor(name, port))
	case !p.usual(port):
		return refusePort(host, port)
	}
	return nil
}

// ruleFor returns the text of the rule that opens only this port of a host.
func ruleFor(host string, port uint16) string {
	if isUsual(port) {
		return host
	}
	return net.JoinHostPort(host, fmt.Sprint(port))
}

const (
	// resolveTimeout bounds the search for a host's addresses.
	resolveTimeout = 15 * time.Second
	// dialTimeout bounds the attempt at one address.
	dialTimeout = 20 * time.Second
	// maxAddresses bounds the addresses of a host that are tried.
	maxAddresses = 6
)

// Dial connects to a host, at an address that the policy has judged. It dials the address
// itself, so it does not matter if the name resolves differently a moment later. The error
// is a Refusal if no address of the host may be contacted.
func (p *Policy) Dial(ctx context.Context, host string, port uint16) (net.Conn, error) {
	host = strings.ToLower(host)
	if err := p.Host(host, port); err != nil {
		return nil, err
	}
	addresses, err := p.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	var refused, failed error
	dialer := net.Dialer{Timeout: dialTimeout}
	for _, a := range addresses {
		if err := p.address(host, a, port); err != nil {
			refused = err
			continue
		}
		conn, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(a, port).String())
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	switch {
	case failed != nil:
		return nil, failed
	case refused != nil:
		return nil, fmt.Errorf("%s: %w", host, refused)
	}
	return nil, errors.New(host + " has no address")
}

func (p *Policy) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	addresses, err := p.resolve(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", host, err)
	}
	return addresses[:min(len(addresses), maxAddresses)], nil
}
