// Package provider speaks to the servers of embedding models: OpenAI and what
// speaks its wire format, Ollama, Google Gemini, Cohere and Voyage. A wire
// format is one file that turns texts into a request and an answer into
// vectors; all else is shared: the HTTP client, the checks of every answer, the
// queue in which batches form, the number of requests at once, the breaker.
//
// An answer is right or it is not used: every vector has the length that is
// configured, finite numbers, and is not all zeros.
//
// While a provider does not answer, the texts of documents wait, as long as
// their caller does. That is no failure of theirs. A query does not wait.
//
// A key is read when it is needed, and sent nowhere but to the addresses it is
// configured for. No error and no log repeats it, nor an address's user or
// query part.
package provider
