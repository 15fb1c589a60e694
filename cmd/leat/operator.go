package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/access"
)

// operator returns a context that names the user of this machine as the author of changes.
func operator(ctx context.Context) context.Context {
	who := "operator"
	if u, err := user.Current(); err == nil && u.Username != "" {
		who += " " + u.Username
	}
	host, _ := os.Hostname() // "" is unknown
	return access.WithOrigin(ctx, access.Origin{Who: who, Door: "cli", Address: host})
}

// period is a duration that may be given in days.
type period time.Duration

// UnmarshalText reads a duration such as 90d, 12h or 1d12h.
func (t *period) UnmarshalText(text []byte) error {
	days, rest, found := strings.Cut(string(text), "d")
	if !found {
		days, rest = "0", string(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no duration: write 90d or 12h", text)
	}
	var hours time.Duration
	if rest != "" {
		if hours, err = time.ParseDuration(rest); err != nil || hours < 0 {
			return fmt.Errorf("%q is no duration: write 90d or 12h", text)
		}
	}
	*t = period(time.Duration(n)*24*time.Hour + hours)
	return nil
}

// day writes a time for a table; "-" if there is none.
func day(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}
