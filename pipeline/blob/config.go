package blob

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Defaults of [Config].
const (
	DefaultPackBytes = 4 << 20
	DefaultTimeout   = 30 * time.Second
	DefaultRegion    = "us-east-1"
)

// Config tells where the packs are, and how to write them.
type Config struct {
	// URL is http(s)://host[:port]/bucket[/prefix], without credentials. Required. Several
	// servers that hold the same bucket are named by several URLs, separated by commas: the
	// first is asked, and another when that one does not answer.
	URL string

	// AccessKey and SecretKey sign every request. Required.
	AccessKey, SecretKey string

	// TLS says whom an https connection trusts, and which certificate it shows. Default: the system's authorities, and
	// no certificate.
	TLS *tls.Config

	// Region is the region that requests are signed for. Default: the region in the name of an AWS endpoint, else
	// us-east-1, which other servers accept.
	Region string

	// PackBytes is the size at which [Pack.Full] is true. Default: 4 MiB.
	PackBytes int

	// Codec wraps the codec of a kind, for example to encrypt the items. A pack can be read only with the codec that it
	// was written with. Default: no wrapping.
	Codec func(Kind, Codec) Codec

	// Sealer finds the keys that encrypt the items of new packs, and open those of sealed ones. Default: none, and
	// sealed packs cannot be read.
	Sealer Sealer

	// Timeout bounds one exchange with S3, its retries included: one PUT, one read of a range, one page of a listing.
	// Default: 30 s.
	Timeout time.Duration

	// CreateBucket makes Open create the bucket if there is none. Default: false, which makes a missing bucket an
	// error.
	CreateBucket bool
}

// location holds the parts of a Config's URL.
type location struct {
	endpoints []url.URL // scheme and host only
	bucket    string
	prefix    string // empty, or ending in "/"
}

// check fills in defaults and parses the URL. Its errors never quote the URL, which may hold credentials by mistake.
func (c *Config) check() (location, error) {
	if c.AccessKey == "" || c.SecretKey == "" {
		return location{}, errors.New("S3 access key or secret key is empty: set both")
	}
	if c.PackBytes < 0 || c.Timeout < 0 {
		return location{}, errors.New("S3 pack size and timeout cannot be negative: use 0 for the default")
	}
	loc, err := parseLocations(c.URL)
	if err != nil {
		return location{}, err
	}
	if c.Region == "" {
		c.Region = s3utils.GetRegionFromURL(loc.endpoints[0])
	}
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.PackBytes == 0 {
		c.PackBytes = DefaultPackBytes
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return loc, nil
}

// parseLocations parses the URLs of all endpoints.
func parseLocations(raw string) (location, error) {
	var all location
	for one := range strings.SplitSeq(raw, ",") {
		loc, err := parseLocation(strings.TrimSpace(one))
		if err != nil {
			return location{}, err
		}
		if len(all.endpoints) > 0 && (loc.bucket != all.bucket || loc.prefix != all.prefix) {
			return location{}, errors.New("S3 URLs name different buckets or prefixes: several URLs are the endpoints of one bucket")
		}
		loc.endpoints = append(all.endpoints, loc.endpoints...)
		all = loc
	}
	return all, nil
}

func parseLocation(raw string) (location, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return location{}, errors.New("S3 URL is not of the form http(s)://host:port/bucket or http(s)://host:port/bucket/prefix")
	}
	if u.User != nil {
		return location{}, errors.New("S3 URL holds credentials: take them out, and set the access key and the secret key instead")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return location{}, errors.New("S3 URL holds a query or a fragment: end it after the bucket or the prefix")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if err := s3utils.CheckValidBucketNameStrict(bucket); err != nil {
		return location{}, fmt.Errorf("S3 URL names the bucket %q: %w", bucket, err)
	}
	if prefix != "" {
		if path.Clean("/"+prefix) != "/"+prefix {
			return location{}, fmt.Errorf("S3 URL names the prefix %q: it must have no empty part, no . and no .. in it", prefix)
		}
		prefix += "/"
	}
	return location{[]url.URL{{Scheme: u.Scheme, Host: u.Host}}, bucket, prefix}, nil
}
