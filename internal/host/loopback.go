package host

import "net"

// IsLoopback says whether a host is this machine: the name localhost, or an address of the loopback
// network. It looks up no name.
func IsLoopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
