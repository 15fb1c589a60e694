package config

import (
	"fmt"
	"net"
)

// Address is where a server listens: ADDRESS:PORT, or NoListen.
type Address string

// NoListen is the Address that means nowhere.
const NoListen Address = "none"

// addressForm describes an Address, and addressPattern is the part of it that a schema can state.
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
