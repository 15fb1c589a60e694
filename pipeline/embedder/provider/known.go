package provider

import (
	"fmt"
	"maps"
	"slices"

	"github.com/leatworks/leat/pipeline/embedder"
)

// provider holds the properties that all models of a provider share. The limits come from its documentation. The limits
// of tokens are somewhat lower than there, because tokens are estimated:
//
//   - OpenAI: 2,048 inputs, 8,192 tokens each, 300,000 together; no empty string
//     (openai/openai-openapi, CreateEmbeddingRequest.input).
//   - Azure: the same (learn.microsoft.com, "Learn how to generate embeddings with
//     Azure OpenAI", best practices).
//   - Ollama: none; one batch is bounded so that an answer comes in time
//     (ollama/ollama, docs/api.md, "Generate Embeddings").
//   - Gemini: 100 requests in a batch, by an error of the server: "at most 100
//     requests can be in one batch" (ai.google.dev/api/embeddings,
//     batchEmbedContents). 20,000 tokens are Vertex's bound of a request.
//   - Cohere: 96 texts (cohere-ai/cohere-python, v2/client.py, embed).
//   - Voyage: 1,000 inputs; together 1M tokens for voyage-3.5-lite, 320,000 for
//     voyage-3.5 and 120,000 for voyage-code-3 and voyage-3-large, the least of
//     which holds for all (docs.voyageai.com/reference/embeddings-api, and MongoDB's
//     "Embedding and Reranking API", POST /embeddings).
type provider struct {
	family        string // the family of the models that it serves
	url           string // the provider's own address
	keyEnv        string
	items, tokens int     // limits of one request
	bytesPerToken float64 // 0 is the default
	documentTask  string
	queryTask     string
	dimensions    bool // every model takes a number of dimensions
	base64        bool
	wire          func(*Config) wire
}

var providers = map[string]provider{
	"openai": {
		family: "openai", url: "https://api.openai.com/v1", keyEnv: "OPENAI_API_KEY", items: 2048, tokens: 250_000, base64: true,
		wire: func(c *Config) wire { return openai{c} },
	},
	"azure": {
		family: "openai", keyEnv: "AZURE_OPENAI_API_KEY", items: 2048, tokens: 250_000,
		wire: func(c *Config) wire { return azure{openai{c}} },
	},
	"ollama": {
		family: "ollama", url: "http://127.0.0.1:11434", items: 64, tokens: 32_768,
		wire: func(c *Config) wire { return ollama{c} },
	},
	"gemini": {
		family: "gemini", url: "https://generativelanguage.googleapis.com/v1beta", keyEnv: "GEMINI_API_KEY", items: 100, tokens: 20_000,
		bytesPerToken: 1, documentTask: "RETRIEVAL_DOCUMENT", queryTask: "CODE_RETRIEVAL_QUERY", dimensions: true,
		wire: func(c *Config) wire { return gemini{c} },
	},
	"cohere": {
		family: "cohere", url: "https://api.cohere.com", keyEnv: "COHERE_API_KEY", items: 96, tokens: 100_000,
		documentTask: "search_document", queryTask: "search_query",
		wire: func(c *Config) wire { return cohere{c} },
	},
	"voyage": {
		family: "voyage", url: "https://api.voyageai.com/v1", keyEnv: "VOYAGE_API_KEY", items: 1000, tokens: 100_000, base64: true,
		documentTask: "document", queryTask: "query", dimensions: true,
		wire: func(c *Config) wire { return voyage{c} },
	},
}

func providerNames() []string { return slices.Sorted(maps.Keys(providers)) }

// model holds the known properties of a model.
type model struct {
	dimensions     int // the dimensions that it has by itself
	maxTokens      int
	shortens       bool // its server takes a smaller number of dimensions
	documentPrefix string
	queryPrefix    string
}

// models holds the models that need no further configuration, by family and name.
var models = map[string]model{
	"openai/text-embedding-3-small": {dimensions: 1536, maxTokens: 8191, shortens: true},
	"openai/text-embedding-3-large": {dimensions: 3072, maxTokens: 8191, shortens: true},
	"openai/text-embedding-ada-002": {dimensions: 1536, maxTokens: 8191},
	"ollama/nomic-embed-text": {
		dimensions: 768, maxTokens: 2048, documentPrefix: "search_document: ", queryPrefix: "search_query: ",
	},
	"ollama/mxbai-embed-large": {
		dimensions: 1024, maxTokens: 512, queryPrefix: "Represent this sentence for searching relevant passages: ",
	},
	"ollama/all-minilm":           {dimensions: 384, maxTokens: 256},
	"ollama/bge-m3":               {dimensions: 1024, maxTokens: 8192},
	"gemini/gemini-embedding-001": {dimensions: 3072, maxTokens: 2048, shortens: true},
	"cohere/embed-v4.0":           {dimensions: 1536, maxTokens: 128_000, shortens: true},
	"cohere/embed-english-v3.0":   {dimensions: 1024, maxTokens: 512},
	"cohere/embed-multilingual-v3.0": {
		dimensions: 1024, maxTokens: 512,
	},
	"voyage/voyage-code-3":   {dimensions: 1024, maxTokens: 32_000, shortens: true},
	"voyage/voyage-3-large":  {dimensions: 1024, maxTokens: 32_000, shortens: true},
	"voyage/voyage-3.5":      {dimensions: 1024, maxTokens: 32_000, shortens: true},
	"voyage/voyage-3.5-lite": {dimensions: 1024, maxTokens: 32_000, shortens: true},
}

// recipe returns everything that determines the stored vectors besides name, dimensions and distance. Settings of
// queries are no part of it, because they do not change the vectors of documents, and vectors of queries are not
// stored. Neither the name of a deployment, which is azure's model, nor the place where the model runs is a part of it.
func (c *Config) recipe() string {
	recipe := ""
	if c.Provider != "azure" {
		recipe = fmt.Sprintf("model %q, ", c.Model)
	}
	recipe += fmt.Sprintf("native_dimensions %d", c.NativeDimensions)
	if c.DocumentPrefix != "" {
		recipe += fmt.Sprintf(", document_prefix %q", c.DocumentPrefix)
	}
	if task := c.task(embedder.Document); task != "" {
		recipe += fmt.Sprintf(", document_task %q", task)
	}
	return recipe
}

// task returns the task or input type to send to the provider, or "" for none.
func (c *Config) task(p embedder.Purpose) string {
	task := c.DocumentTask
	if p == embedder.Query {
		task = c.QueryTask
	}
	if task == none {
		return ""
	}
	return task
}
