package config

import (
	"fmt"
	"net"
)

// Address is the address at which a server listens: ADDRESS:PORT, or NoListen.
type Address string

// NoListen is the Address of a server that does not listen.
const NoListen Address = "none"

// addressForm describes an Address. addressPattern is the part of that form that a schema can
// express.
const (
	addressForm    = "ADDRESS:PORT, such as 127.0.0.1:8475, or none"
	addressPattern = `:[^:]*$|^none$`
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	if _, _, err := net.SplitHostPort(string(text)); err != nil && Address(text) != NoListen {
		return fmt.Errorf("%.40q: give %s", text, addressForm)
	}
	*a = Address(text)
	return nil
}
