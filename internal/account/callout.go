package account

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// answerTime is the time that the callout has to answer a server's question.
const answerTime = 10 * time.Second

// Callout lets the gateway answer a server that asks whether a client may connect. It holds
// secrets: its file is for the gateway alone.
type Callout struct {
	Variant     Variant          `json:"variant"`
	Credentials string           `json:"credentials"`       // file with those of the gateway's user, beside this file
	Seal        string           `json:"seal"`              // seed that opens questions and seals answers
	Signer      string           `json:"signer"`            // seed that signs answers
	Account     string           `json:"account,omitempty"` // the account that the signer signs for; only with JWTs
	Tenants     map[string]Guest `json:"tenants"`
}

// Guest is the account that a client with a token of a tenant enters.
type Guest struct {
	Account string `json:"account"`          // name, or with JWTs public key
	Signer  string `json:"signer,omitempty"` // seed that signs its users; default: the callout's
}

func (k *keyring) callout(v Variant, all []account) (c Callout, err error) {
	own := account{name: calloutAccount}
	c = Callout{Variant: v, Credentials: v.credentials(calloutUser), Tenants: make(map[string]Guest)}
	if c.Seal, err = seed(k.sealer()); err != nil {
		return c, err
	}
	if c.Signer, err = seed(k.signer(own)); err != nil {
		return c, err
	}
	if v == Operator {
		if c.Account, err = public(k.account(own)); err != nil {
			return c, err
		}
	}
	for _, a := range all {
		if a.tenant == "" {
			continue
		}
		guest := Guest{Account: a.name}
		if v == Operator {
			if guest.Account, err = public(k.account(a)); err != nil {
				return c, err
			}
			if guest.Signer, err = seed(k.signer(a)); err != nil {
				return c, err
			}
		}
		c.Tenants[a.tenant] = guest
	}
	return c, nil
}

// LoadCallout reads the file that Write has written.
func LoadCallout(file string) (c Callout, err error) {
	f, err := os.Open(file)
	if err != nil {
		return c, fmt.Errorf("read the callout: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, fileLimit))
	if err == nil {
		err = json.Unmarshal(content, &c)
	}
	if err != nil {
		return c, fmt.Errorf("read the callout %s: %w", file, err)
	}
	if !filepath.IsAbs(c.Credentials) {
		c.Credentials = filepath.Join(filepath.Dir(file), c.Credentials)
	}
	return c, nil
}
