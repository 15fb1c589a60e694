package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/internal/fault"
)

// VerifyRequest asks whether a backup is whole.
type VerifyRequest struct {
	ID       string
	Share    float64 // share of the packs to read, 0 to 1; the others are checked by name and size
	SignedBy string  // the key that must have signed; "": any
	Found    func(kind, what string)
}

// Report is the result of a verification.
type Report struct {
	Summary
	OK        bool  `json:"ok"`
	Trusted   bool  `json:"trusted"`   // the request named a signer, and the signer is right
	Objects   int64 `json:"objects"`   // objects of tables and lists, all of which were read
	Read      int64 `json:"read"`      // packs of which every byte was read
	Opened    bool  `json:"opened"`    // encrypted objects were decrypted too
	Missing   int64 `json:"missing"`   // objects and packs
	Corrupt   int64 `json:"corrupt"`   // objects and packs with other bytes
	Miscounts int64 `json:"miscounts"` // lists whose number of lines differs from the manifest
}

// ErrSigner says that a backup was signed by another key than the requested one.
var ErrSigner = errors.New("it is signed by another key")

// Verify checks a backup: the signature, each object of its tables, and its packs. It verifies
// encrypted objects in their stored form. With an identity it decrypts them too.
func (v *Vault) Verify(ctx context.Context, r VerifyRequest) (Report, error) {
	m, err := v.find(ctx, r.ID)
	if err != nil {
		return Report{}, err
	}
	c := check{Vault: v, m: m, request: r, report: Report{Summary: m.summary()}}
	c.report.Opened = len(m.Encrypted) == 0 || len(v.crypt.identities) > 0
	if r.SignedBy != "" && r.SignedBy != m.Origin {
		return c.report, fmt.Errorf("backup %s: %w: %s", m.ID, ErrSigner, m.Origin)
	}
	c.report.Trusted = r.SignedBy != ""
	if err := c.objects(ctx); err != nil {
		return c.report, err
	}
	if err := c.packs(ctx); err != nil {
		return c.report, err
	}
	c.report.OK = c.report.Missing+c.report.Corrupt+c.report.Miscounts == 0
	return c.report, nil
}

// check is one verification.
type check struct {
	*Vault
	m       Manifest
	request VerifyRequest

	mu     sync.Mutex
	report Report
}

// count counts an error that concerns one object. Other errors end the verification.
func (c *check) count(name string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrMissing):
		c.report.Missing++
		kind = "missing"
	case errors.Is(err, ErrUntrue):
		c.report.Corrupt++
		kind = "corrupt"
	default:
		return err
	}
	if c.request.Found != nil {
		c.request.Found(kind, name)
	}
	return nil
}

// objects reads every object of tables and lists.
func (c *check) objects(ctx context.Context) error {
	unzip, err := c.unzip()
	if err != nil {
		return fmt.Errorf("open zstd: %w", err)
	}
	type stream struct {
		Parts
		encrypted bool
	}
	encrypted := len(c.m.Encrypted) > 0
	lists := []stream{{c.m.Intake, encrypted}, {c.m.Packs.Parts, false}}
	if c.m.Points != nil {
		lists = append(lists, stream{c.m.Points.Parts, encrypted})
	}
	for _, t := range c.m.Tables {
		lists = append(lists, stream{t.Parts, encrypted})
	}
	for _, list := range lists {
		lines, whole := int64(0), true
		for _, part := range list.Parts.Parts {
			body, err := c.fetch(ctx, part)
			if whole = whole && err == nil; err != nil {
				if err := c.count(part.Name, err); err != nil {
					return err
				}
				continue
			}
			c.report.Objects++
			if list.encrypted && len(c.crypt.identities) == 0 {
				whole = false // the lines cannot be counted
				continue
			}
			piece, err := c.unpack(unzip, part, body, list.encrypted)
			if err != nil {
				return err
			}
			lines += int64(bytes.Count(piece, []byte{'\n'}))
		}
		if whole && lines != list.Rows {
			c.report.Miscounts++
			if c.request.Found != nil {
				c.request.Found("miscount", fmt.Sprintf("%d lines where %d were written", lines, list.Rows))
			}
		}
	}
	return nil
}

// packs looks for each pack, and reads the share that was asked for.
func (c *check) packs(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(copiers)
	for pair, err := range c.has(running, c.m) {
		if err != nil {
			if c.count("the list of packs", err) == nil { // objects has counted its objects already
				break
			}
			return errors.Join(group.Wait(), err)
		}
		if pair.held == nil {
			if err := c.count(pair.Key, fmt.Errorf("%s: %w", pair.Key, ErrMissing)); err != nil {
				return errors.Join(group.Wait(), err)
			}
			continue
		}
		if c.request.Share < 1 && rand.Float64() >= c.request.Share {
			continue
		}
		group.Go(func() error { return c.readPack(running, pair.Pack, *pair.held) })
	}
	return group.Wait()
}

func (c *check) readPack(ctx context.Context, p Pack, held stored) error {
	err := c.sound(ctx, paired{p, &held})
	if err == nil && c.report.Opened {
		_, err = c.openPack(ctx, p, held, len(c.m.Encrypted) > 0)
	}
	if err := c.count(p.Key, err); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Read++
	return nil
}

// ParseShare parses a share of the packs, such as 10%.
func ParseShare(text string) (float64, error) {
	var percent float64
	var sign string
	if n, err := fmt.Sscanf(text, "%f%1s", &percent, &sign); n != 2 || err != nil || sign != "%" || percent < 0 || percent > 100 {
		return 0, fault.Reject(fmt.Errorf("%q is not a share: write a percentage, such as 10%%", text))
	}
	return percent / 100, nil
}
