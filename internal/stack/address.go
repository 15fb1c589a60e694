package stack

import (
	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/config"
)

// Addresses returns the addresses of embedded stores as a configuration, which names neither an
// index nor an embedder.
func Addresses(e devstack.Endpoints) config.Stores {
	return config.Stores{
		NATSURL: e.NATS, PostgresURL: e.Postgres, QdrantURL: e.Qdrant, QdrantAPIKey: e.QdrantKey,
		S3URL: e.S3, S3AccessKey: e.S3AccessKey, S3SecretKey: e.S3SecretKey,
	}
}
