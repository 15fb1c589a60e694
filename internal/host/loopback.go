package host

import "net"

// IsLoopback says whether the host of an address is this machine: by the name localhost, or
// by an address of the loopback network. It looks up no name.
func IsLoopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
