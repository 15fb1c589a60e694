package worker

import (
	"context"
	"log/slog"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/embedder"
)

// probe asks an embedder for one vector before the worker takes any work. A model that differs from
// the configuration ends the worker. The worker waits for a model that does not answer.
func probe(ctx context.Context, e embedder.Embedder, log *slog.Logger) error {
	remote, ok := e.(interface{ Probe(context.Context) error })
	if !ok {
		return nil
	}
	err := remote.Probe(ctx)
	if kind, _ := fault.Of(err); err != nil && kind == fault.KindReject {
		return err
	}
	if err != nil {
		log.Warn("the embedder does not answer yet; its texts wait", "error", err)
	}
	return nil
}
