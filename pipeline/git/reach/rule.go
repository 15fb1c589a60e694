package reach

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A Rule lets through a host, or a network, that the policy would refuse.
type Rule struct {
	text    string
	glob    string       // for the host in the URL, in lower case; "": see network
	network netip.Prefix // that holds the address
	port    uint16       // 0: each of the usual ports; see every
	every   bool         // every port
}

// usual are the ports that need no rule: ssh, http, https.
var usual = []uint16{22, 80, 443}

// ParseRule reads HOST, HOST:PORT or HOST:*. HOST is a glob over names, in which *
// stands for any characters, or an address, or a network such as 10.0.0.0/8. An
// IPv6 address or network with a port stands in brackets.
func ParseRule(text string) (Rule, error) {
	r := Rule{text: text}
	host, port := text, ""
	if !isNetwork(text) {
		if at := strings.LastIndexByte(text, ':'); at >= 0 {
			host, port = text[:at], text[at+1:]
			number, err := strconv.ParseUint(port, 10, 16)
			if r.every = port == "*"; !r.every && (err != nil || number == 0) {
				return r, fmt.Errorf("%q: write HOST, HOST:PORT or HOST:*, with a port from 1 to 65535", text)
			}
			r.port = uint16(number)
		}
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if isNetwork(host) {
		r.network = network(host)
		return r, nil
	}
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_*") != "" {
		return r, fmt.Errorf("%q: HOST is a name in which * stands for any characters, an address, or a network such as 10.0.0.0/8", text)
	}
	if odd(host) {
		return r, fmt.Errorf("%q: %w", text, errOdd)
	}
	r.glob = host
	return r, nil
}

func isNetwork(text string) bool { return network(text).IsValid() }

func network(text string) netip.Prefix {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen())
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix.Masked()
}

// opens says whether the rule covers a port.
func (r Rule) opens(port uint16) bool {
	if r.every || r.port == port {
		return true
	}
	return r.port == 0 && isUsual(port)
}

func isUsual(port uint16) bool { return port == usual[0] || port == usual[1] || port == usual[2] }

// names says whether the rule names a host.
func (r Rule) names(host string) bool { return r.glob != "" && match(r.glob, host) }

// holds says whether the rule names a network that holds the address, or the address that
// it carries.
func (r Rule) holds(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	return r.glob == "" && (r.network.Contains(a) || r.network.Contains(inner(a)))
}

// match matches a glob whose * stands for any characters.
func match(glob, text string) bool {
	first, rest, star := strings.Cut(glob, "*")
	if !star {
		return glob == text
	}
	text, ok := strings.CutPrefix(text, first)
	for ok {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		var at int
		if at = strings.Index(text, part); at < 0 {
			return false
		}
		text, rest = text[at+len(part):], after
	}
	return false
}

var errOdd = errors.New("an address is written as four decimal numbers, as in 192.0.2.1")

// odd says whether a host is a number that some resolvers take for an address although it
// does not have the usual form, such as 0x7f.1 or 2130706433.
func odd(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return true
	}
	number := strings.Trim(last, "0123456789") == ""
	if hex, is := strings.CutPrefix(last, "0x"); is {
		number = strings.Trim(hex, "0123456789abcdef") == ""
	}
	_, err := netip.ParseAddr(host)
	return number && err != nil
}
