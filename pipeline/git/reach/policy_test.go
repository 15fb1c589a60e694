package reach_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/git/reach"
)

func rules(t testing.TB, texts ...string) []reach.Rule {
	t.Helper()
	var list []reach.Rule
	for _, text := range texts {
		rule, err := reach.ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, rule)
	}
	return list
}

// zone is a resolver that knows these names, and no other.
type zone map[string]string

func (z zone) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	text, known := z[host]
	if !known {
		return nil, fmt.Errorf("no such host %s", host)
	}
	var list []netip.Addr
	for address := range strings.FieldsSeq(text) {
		list = append(list, netip.MustParseAddr(address))
	}
	return list, nil
}

// An address outside the public internet is refused, in whatever form it is written, and
// also if a name leads to it.
func TestAddressesInsideAreRefused(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:0001", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "::127.0.0.1", "2002:7f00:1::1",
		"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::", "fc00::1", "fd12:3456:789a::1", "fdff::1", "fec0::1",
		"100.64.0.1", "100.127.255.254", "64:ff9b::100.64.0.1", "198.18.0.1", "198.19.255.255", "64:ff9b:1::7f00:1",
		"169.254.0.1", "169.254.170.2", "fe80::1", "febf::1",
		"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "::ffff:168.63.129.16",
		"0.0.0.0", "::", "::ffff:0.0.0.0", "64:ff9b::", "0.1.2.3",
		"224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "::ffff:224.0.0.1",
		"192.0.0.1", "192.0.2.1", "192.88.99.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.255", "2001:db8::1", "2001::1", "2001:10::1", "3fff::1", "5f00::1", "4000::1", "100::1",
	} {
		p := reach.New(zone{"name.example": address}.resolve)
		var refusal *reach.Refusal
		if err := p.Host(address, 443); !errors.As(err, &refusal) {
			t.Errorf("%s: %v, want a refusal", address, err)
		}
		if _, err := p.Dial(t.Context(), "name.example", 443); !errors.As(err, &refusal) {
			t.Errorf("a name of %s: %v, want a refusal", address, err)
		}
		// A rule for every name opens addresses that a name can mean, and no others.
		all := reach.New(zone{}.resolve, rules(t, "*")...)
		special := !strings.Contains(fmt.Sprint(refusal), "a loopback address") && !strings.Contains(fmt.Sprint(refusal), "a private address")
		if err := all.Host(address, 443); (err != nil) != special {
			t.Errorf("%s with a rule for every name: %v", address, err)
		}
		own := reach.New(zone{}.resolve, rules(t, address)...)
		if err := own.Host(address, 443); err != nil {
			t.Errorf("%s with a rule of its own: %v", address, err)
		}
	}
}

func TestAddressesOutsideAreNot(t *testing.T) {
	p := reach.New(nil)
	for _, address := range []string{
		"1.1.1.1", "8.8.8.8", "140.82.121.4", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "169.253.1.1", "192.167.1.1", "223.255.255.255", "11.0.0.1", "126.255.255.255", "128.0.0.1",
		"2606:50c0:8000::153", "2a00:1450::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::",
	} {
		for _, port := range []uint16{22, 80, 443} {
			if err := p.Host(address, port); err != nil {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}

// Forms that some resolvers take for an address are refused, whatever they stand for.
func TestOddFormsOfAddressesAreRefused(t *testing.T) {
	p := reach.New(zone{}.resolve, rules(t, "*:*", "0.0.0.0/0:*", "[::/0]:*")...)
	for _, host := range []string{
		"2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "017700000001", "0x7f.0x0.0x0.0x1", "127.0.0.01", "10.1", "0", "0xa9fea9fe", "2852039166", "1.2.3.4.5", "256.1.1.1", "a.0x7f", "a.1", "127.0.0.1.",
	} {
		var refusal *reach.Refusal
		if err := p.Host(host, 443); !errors.As(err, &refusal) {
			t.Errorf("%s: %v, want a refusal", host, err)
		}
	}
}

func TestPorts(t *testing.T) {
	for _, c := range []struct {
		rules string
		host  string
		port  uint16
		ok    bool
	}{
		{"", "h.example", 22, true}, {"", "h.example", 80, true}, {"", "h.example", 443, true},
		{"", "h.example", 21, false}, {"", "h.example", 6379, false}, {"", "h.example", 8443, false}, {"", "1.1.1.1", 8080, false}, {"", "h.example", 9418, false},
		{"h.example", "h.example", 8443, false},
		{"h.example:8443", "h.example", 8443, true}, {"h.example:8443", "h.example", 8444, false}, {"h.example:8443", "h.example", 443, true}, {"h.example:8443", "i.example", 8443, false},
		{"H.example:*", "h.example", 1, true}, {"*.example:3000", "git.h.example", 3000, true}, {"*.example:3000", "example", 3000, false}, {"git*.corp:3000", "git2.corp", 3000, true},
		{"1.1.1.0/24:8080", "1.1.1.1", 8080, true}, {"1.1.1.0/24:8080", "1.1.2.1", 8080, false}, {"1.1.1.0/24:8080", "h.example", 8080, true}, // its addresses decide
		{"127.0.0.1:3000", "127.0.0.1", 3000, true}, {"127.0.0.1:3000", "127.0.0.1", 443, false}, {"127.0.0.1", "127.0.0.1", 3000, false}, {"127.0.0.1", "127.0.0.1", 443, true},
		{"[::1]:3000", "::1", 3000, true}, {"::1", "::1", 443, true}, {"::1", "::1", 3000, false}, {"[fd00::/8]:*", "fd00::5", 99, true}, {"localhost", "127.0.0.1", 443, false},
		{"10.0.0.0/8", "::ffff:10.1.1.1", 443, true}, {"10.0.0.0/8", "64:ff9b::10.1.1.1", 443, true}, {"10.0.0.0/8", "192.168.1.1", 443, false},
	} {
		p := reach.New(zone{}.resolve, rules(t, strings.Fields(c.rules)...)...)
		if err := p.Host(c.host, c.port); (err == nil) != c.ok {
			t.Errorf("%q, %s port %d: %v", c.rules, c.host, c.port, err)
		}
	}
}

func TestRulesThatAreNone(t *testing.T) {
	for _, text := range []string{"", ":443", "h:0", "h:65536", "h:x", "h:", "h/x", "https://h", "10.0.0.0/33", "127.1", "0x7f.1", "h x", "[::1", "::1%eth0", "ü.example"} {
		if rule, err := reach.ParseRule(text); err == nil {
			t.Errorf("ParseRule(%q) = %v", text, rule)
		}
	}
}

// listen accepts connections on an address, and counts them.
func listen(t testing.TB) (address netip.AddrPort, accepted chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = make(chan struct{}, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
			accepted <- struct{}{}
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return netip.MustParseAddrPort(listener.Addr().String()), accepted
}

// The address that is dialled is the one that was judged. A name that leads to a public address
// the first time and to an inner one the second time gains nothing.
func TestANameThatChangesWinsNothing(t *testing.T) {
	at, accepted := listen(t)
	asked := 0
	p := reach.New(func(context.Context, string) ([]netip.Addr, error) {
		asked++
		if asked == 1 {
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		}
		return []netip.Addr{at.Addr()}, nil
	}, rules(t, fmt.Sprintf("8.8.8.8:%d", at.Port()))...)
	if err := p.Host("rebind.example", at.Port()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the public address is not contacted by a test
	if _, err := p.Dial(ctx, "rebind.example", at.Port()); err == nil {
		t.Fatal("dialled")
	}
	var refusal *reach.Refusal
	if _, err := p.Dial(t.Context(), "rebind.example", at.Port()); !errors.As(err, &refusal) {
		t.Fatalf("%v, want a refusal", err)
	}
	if asked != 2 || len(accepted) != 0 {
		t.Errorf("asked %d times; %d connections", asked, len(accepted))
	}
}

// A host with several addresses is contacted at those that are allowed.
func TestAHostWithAddressesInsideAndOutside(t *testing.T) {
	at, accepted := listen(t)
	p := reach.New(zone{"both.example": "169.254.169.254 10.0.0.1 127.0.0.1"}.resolve, rules(t, fmt.Sprintf("127.0.0.0/8:%d", at.Port()))...)
	conn, err := p.Dial(t.Context(), "both.example", at.Port())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	<-accepted
}

func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{"a:1", "[::1]:*", "10.0.0.0/8", "*.x.*", "::/0"} {
		f.Add(seed, "h", uint16(1))
	}
	f.Fuzz(func(t *testing.T, text, host string, port uint16) {
		rule, err := reach.ParseRule(text)
		if err != nil || host == "" {
			return
		}
		_ = reach.New(zone{}.resolve, rule).Host(host, port)
	})
}
