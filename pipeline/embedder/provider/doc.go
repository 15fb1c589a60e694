// Package provider embeds texts at the servers of embedding models: OpenAI and servers with its wire format, Ollama,
// Google Gemini, Cohere and Voyage. Each wire format is one file, which turns texts into a request and an answer into
// vectors. The rest is shared: the HTTP client, the checks of every answer, the queue in which batches form, the gate
// that bounds concurrent requests, and the breaker.
//
// An answer is used only if it is valid: every vector has the configured length, consists of finite numbers, and is
// not all zeros.
//
// While a provider does not answer, the texts of documents wait for as long as their caller does. That does not count
// as their failure. A query does not wait.
//
// A key is read when it is needed, and sent only to the addresses that it is configured for. No error or log contains
// the key, or the user or query part of an address.
package provider
