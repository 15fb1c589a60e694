package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// TLS says which authorities a connection over TLS trusts, and which certificate this client shows.
// The zero value trusts the system's authorities and shows no certificate.
type TLS struct {
	CA          string `name:"ca" env:"CA" type:"path" placeholder:"FILE" help:"File of the authorities (PEM) that sign this server's certificate. Default: the system's authorities."`
	Certificate string `name:"certificate" env:"CERTIFICATE" type:"path" placeholder:"FILE" help:"File of the certificate (PEM) that this client shows. It is read at each connection, so that it can be renewed."`
	Key         string `name:"key" env:"KEY" type:"path" placeholder:"FILE" help:"File of that certificate's key (PEM)."`
}

// Config returns the settings of connections, or nil for the system's own. The files of certificate
// and key are read again at each handshake; the file of authorities is not.
func (t TLS) Config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	if (t.Certificate == "") != (t.Key == "") {
		return nil, errors.New("a certificate and its key go together: give both or neither")
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		content, err := readKeyFile("authorities", t.CA)
		if err != nil {
			return nil, err
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM([]byte(content)) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", t.CA)
		}
	}
	if t.Certificate != "" {
		if _, err := t.pair(); err != nil {
			return nil, err
		}
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.pair() }
	}
	return cfg, nil
}

// of is Config for connections to a URL, which name describes. If the connection is not encrypted,
// it refuses files, since they would be ignored.
func (t TLS) of(flags, name, url string) (*tls.Config, error) {
	cfg, err := t.Config()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flags, err)
	}
	if cfg != nil && strings.HasPrefix(url, "http:") {
		return nil, fmt.Errorf("%s: %s begins with http, so nothing is encrypted: use https", flags, name)
	}
	return cfg, nil
}

// Peer is a store, and the certificate that a connection to it shows.
type Peer struct {
	Name string
	URL  string // one address, or several; "": the store is embedded, or there is none
	TLS  TLS    // leat's own certificate; for Postgres it is in the URL
}

// Peers returns the four stores.
func (s Stores) Peers() []Peer {
	return []Peer{
		{"nats", s.NATSURL, s.NATSTLS}, {"postgres", s.PostgresURL, TLS{}},
		{"s3", s.S3URL, s.S3TLS}, {"qdrant", s.QdrantURL, s.QdrantTLS},
	}
}

func (t TLS) pair() (*tls.Certificate, error) {
	certificate, err := readKeyFile("certificate", t.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := readKeyFile("key", t.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s and its key: %w", t.Certificate, err)
	}
	return &pair, nil
}

// End returns the time at which the certificate that this client shows ends. ok is false if it
// shows none.
func (t TLS) End() (end time.Time, ok bool, err error) {
	if t.Certificate == "" {
		return end, false, nil
	}
	pair, err := t.pair()
	if err != nil {
		return end, true, err
	}
	return pair.Leaf.NotAfter, true, nil
}

// settings returns the settings of a configuration that has passed Check, and ignores errors, since
// Check has reported them.
func (t TLS) settings() *tls.Config {
	cfg, err := t.Config()
	if err != nil {
		return nil
	}
	return cfg
}
