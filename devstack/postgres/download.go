package postgres

import (
	"context"
	"errors"
	"log/slog"
)

const downloadMajor = 17

func fetch(_ context.Context, _ *slog.Logger) (string, error) {
	return "", errors.New("this machine has no Postgres of version 13 or newer: install one, or name its directory of binaries in " + binVariable)
}
