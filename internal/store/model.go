package store

import (
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// ModelOf returns an embedder as the catalog knows it.
func ModelOf(e embedder.Embedder) catalog.Embedder {
	m := e.Model()
	return catalog.Embedder{Name: m.Name, Dimensions: m.Dimensions, Distance: catalog.Distance(m.Distance), Recipe: m.Recipe}
}
