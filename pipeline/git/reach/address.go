package reach

import "net/netip"

// class says what kind of network an address belongs to.
type class struct {
	name string
	// named says that a rule with the name of a host opens the class. Other classes
	// open only to a rule with the address itself or its network: nobody means them by
	// a name, and a name in DNS may come to point at them without notice.
	named bool
}

var (
	public      = class{name: "public"}
	loopback    = class{"a loopback address", true}
	private     = class{"a private address", true}
	linkLocal   = class{"a link-local address", false}
	metadata    = class{"an address of a cloud's metadata", false}
	multicast   = class{"a multicast address", false}
	unspecified = class{"the unspecified address", false}
	reserved    = class{"a reserved address", false}
)

// networks lists the addresses outside the public internet, by IANA's registries of
// special-purpose addresses for IPv4 and IPv6. The first match counts.
var networks = []struct {
	prefix netip.Prefix
	class  class
}{
	// Where clouds serve credentials, or steer a machine: AWS and most others (and
	// its other addresses, by the rule for 169.254.0.0/16 below), AWS by IPv6,
	// Google by IPv6, Alibaba, Oracle, Azure.
	{netip.MustParsePrefix("169.254.169.254/32"), metadata},
	{netip.MustParsePrefix("fd00:ec2::/32"), metadata},
	{netip.MustParsePrefix("fd20:ce::/32"), metadata},
	{netip.MustParsePrefix("100.100.100.200/32"), metadata},
	{netip.MustParsePrefix("192.0.0.192/32"), metadata},
	{netip.MustParsePrefix("168.63.129.16/32"), metadata},

	{netip.MustParsePrefix("0.0.0.0/32"), unspecified},
	{netip.MustParsePrefix("0.0.0.0/8"), reserved}, // this network
	{netip.MustParsePrefix("10.0.0.0/8"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), private}, // behind a carrier's NAT
	{netip.MustParsePrefix("127.0.0.0/8"), loopback},
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocal},
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},
	{netip.MustParsePrefix("192.0.2.0/24"), reserved},    // documentation
	{netip.MustParsePrefix("192.88.99.0/24"), reserved},  // relays of 6to4
	{netip.MustParsePrefix("192.168.0.0/16"), private},   //
	{netip.MustParsePrefix("198.18.0.0/15"), private},    // benchmarks
	{netip.MustParsePrefix("198.51.100.0/24"), reserved}, // documentation
	{netip.MustParsePrefix("203.0.113.0/24"), reserved},  // documentation
	{netip.MustParsePrefix("224.0.0.0/4"), multicast},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved}, // with broadcast

	{netip.MustParsePrefix("::/128"), unspecified},
	{netip.MustParsePrefix("::1/128"), loopback},
	{netip.MustParsePrefix("fc00::/7"), private},
	{netip.MustParsePrefix("fe80::/10"), linkLocal},
	{netip.MustParsePrefix("fec0::/10"), private}, // of a site, deprecated
	{netip.MustParsePrefix("ff00::/8"), multicast},
	{netip.MustParsePrefix("64:ff9b:1::/48"), private}, // a network's own NAT64
	{netip.MustParsePrefix("2001:db8::/32"), reserved}, // documentation
	{netip.MustParsePrefix("2001::/23"), reserved},     // Teredo, ORCHID and other protocols
	{netip.MustParsePrefix("3fff::/20"), reserved},     // documentation
	{netip.MustParsePrefix("2000::/3"), public},
	{netip.MustParsePrefix("::/0"), reserved},
}

// carriers lists the IPv6 networks whose addresses carry an IPv4 address, with the byte at
// which that begins.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible, RFC 4291
}

// inner returns the address that a connection to a finally reaches: the IPv4 address that
// an IPv6 address carries, or a itself.
func inner(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if a.Is4() || a.IsUnspecified() || a.IsLoopback() {
		return a
	}
	for _, c := range carriers {
		if c.prefix.Contains(a) {
			bytes := a.As16()
			return netip.AddrFrom4([4]byte(bytes[c.at : c.at+4]))
		}
	}
	return a
}

func classOf(a netip.Addr) class {
	a = inner(a)
	for _, n := range networks {
		if n.prefix.Contains(a) {
			return n.class
		}
	}
	return public
}
