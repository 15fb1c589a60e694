package catalog

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Claim claims texts for a holder until the lease is over. It claims texts that have no
// vector of the embedder and that no other holder has claimed. stored are the texts that
// have a vector by now. Other holders have claimed the rest.
func (us *Usage) Claim(ctx context.Context, embedder int32, holder uuid.UUID, lease time.Duration, texts [][32]byte) (mine, stored map[[32]byte]bool, err error) {
	rows := hashRows(texts)
	claimed, err := us.query.ClaimTexts(ctx, query.ClaimTextsParams{Embedder: embedder, Holder: holder, Lease: lease.Seconds(), Texts: rows})
	if err != nil {
		return nil, nil, fmt.Errorf("claim %d texts: %w", len(texts), err)
	}
	// Every former holder of a claim stored the vector before it released the claim, so a look
	// that begins now sees it.
	found, err := us.query.StoredTexts(ctx, rows, embedder)
	if err != nil {
		return nil, nil, fmt.Errorf("look up vectors of %d claimed texts: %w", len(texts), err)
	}
	mine, stored = make(map[[32]byte]bool, len(claimed)), make(map[[32]byte]bool, len(found))
	for _, text := range claimed {
		mine[[32]byte(text)] = true
	}
	for _, text := range found {
		stored[[32]byte(text)] = true
		delete(mine, [32]byte(text))
	}
	return mine, stored, nil
}

// Renew puts off the end of a holder's claims.
func (us *Usage) Renew(ctx context.Context, embedder int32, holder uuid.UUID, lease time.Duration, texts [][32]byte) error {
	p := query.RenewClaimsParams{Embedder: embedder, Holder: holder, Lease: lease.Seconds(), Texts: hashRows(texts)}
	if err := us.query.RenewClaims(ctx, p); err != nil {
		return fmt.Errorf("renew claims of %d texts: %w", len(texts), err)
	}
	return nil
}

// Release ends a holder's claims.
func (us *Usage) Release(ctx context.Context, embedder int32, holder uuid.UUID, texts [][32]byte) error {
	if err := us.query.ReleaseClaims(ctx, embedder, hashRows(texts), holder); err != nil {
		return fmt.Errorf("release claims of %d texts: %w", len(texts), err)
	}
	return nil
}

// hashRows returns rows in order, so that two workers that claim the same texts cannot
// deadlock.
func hashRows(texts [][32]byte) [][]byte {
	rows := make([][]byte, len(texts))
	for i, text := range sorted(texts, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) }) {
		rows[i] = text[:]
	}
	return rows
}
