package provider

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/pipeline/embedder"
)

// Config describes an embedder. For a model in known.go, Name is enough; the other fields override the defaults
// of the provider.
type Config struct {
	// Name is the unique and permanent name of the embedder: PROVIDER/MODEL@DIMENSIONS, such as
	// openai/text-embedding-3-small@1536. Required.
	Name string `yaml:"name"`
	// Provider is the wire format: openai, azure, ollama, gemini, cohere or voyage. Default: the part of Name before
	// the first /.
	Provider string `yaml:"provider"`
	// Model is the provider's name for the model; for azure, the name of the deployment. Default: the part of Name
	// between the first / and the last @.
	Model string `yaml:"model"`
	// URLs are addresses of the same model. The first that answers is used. Default: the provider's own address.
	URLs []string `yaml:"urls"`
	// KeyEnv and KeyFile name the environment variable or the file with the key. Default: the provider's usual
	// variable, such as OPENAI_API_KEY.
	KeyEnv  string `yaml:"key_env"`
	KeyFile string `yaml:"key_file"`

	// Dimensions is the number of dimensions of a stored vector. Default: the part of Name after the last @.
	Dimensions int `yaml:"dimensions"`
	// NativeDimensions is the number of dimensions in the server's answer. Longer vectors are cut to Dimensions and
	// scaled to unit length again (Matryoshka). Default: Dimensions, which each request asks for if AskDimensions is
	// set.
	NativeDimensions int `yaml:"native_dimensions"`
	// AskDimensions sends Dimensions with each request. Default: true for models that are known to accept it, and for
	// all providers except openai and ollama.
	AskDimensions *bool `yaml:"ask_dimensions"`
	// Distance is dot, for which vectors are scaled to unit length, or cosine, for which they are stored unchanged.
	// Default: dot.
	Distance embedder.Distance `yaml:"distance"`

	// MaxTokens is the length of the longest text that the model accepts, in tokens. A longer text is embedded in
	// parts. Default: the model's limit if it is known, else 512.
	MaxTokens int `yaml:"max_tokens"`
	// BytesPerToken estimates tokens from bytes. A text that turns out too long is divided again. For a server that
	// cuts texts silently, only 1 is safe, because no tokenizer in use makes more tokens than bytes. Default: 3, and 1
	// for gemini.
	BytesPerToken float64 `yaml:"bytes_per_token"`
	// BatchItems and BatchTokens bound the texts and tokens of one request. Default: the provider's limits.
	BatchItems  int `yaml:"batch_items"`
	BatchTokens int `yaml:"batch_tokens"`

	// Concurrency is the most concurrent requests of one process. It sends fewer while the provider refuses requests as
	// too many. Default: 8.
	Concurrency int `yaml:"concurrency"`
	// RequestsPerMinute and TokensPerMinute bound all processes together. Default: no bound.
	RequestsPerMinute int `yaml:"requests_per_minute"`
	TokensPerMinute   int `yaml:"tokens_per_minute"`
	// Timeout bounds one request. Default: 60 s.
	Timeout time.Duration `yaml:"timeout"`
	// OpenFor is the pause after which a provider that fails is tried again, with one short text. Default: 5 s.
	OpenFor time.Duration `yaml:"open_for"`

	// DocumentPrefix and QueryPrefix are put before every text, which some models require. Default: none.
	DocumentPrefix string `yaml:"document_prefix"`
	QueryPrefix    string `yaml:"query_prefix"`
	// DocumentTask and QueryTask are the task or input types in requests; "none" sends none. Default: the provider's
	// types for retrieval.
	DocumentTask string `yaml:"document_task"`
	QueryTask    string `yaml:"query_task"`
	// Encoding is the encoding of vectors in answers, if the wire format has a choice: float, or base64, which has a
	// third of the size. Default: base64 at the provider's own address, float at others.
	Encoding string `yaml:"encoding"`
	// APIVersion is the version of the API of azure. Default: 2024-10-21.
	APIVersion string `yaml:"api_version"`

	// Price is the price of a million tokens, in any currency. Default: 0.
	Price float64 `yaml:"price_per_million_tokens"`
}

// The defaults for all providers.
const (
	DefaultConcurrency = 8
	DefaultTimeout     = 60 * time.Second
	DefaultOpenFor     = 5 * time.Second

	defaultMaxTokens     = 512
	defaultBytesPerToken = 3
	none                 = "none"
)

// maxConcurrency and maxDimensions are limits above which a value must be a mistake.
const (
	maxConcurrency = 1024
	maxDimensions  = 65536
)

// Check returns an error for an invalid configuration. It asks no server and reads no key.
func (c Config) Check() error {
	_, err := c.complete()
	return err
}

// complete returns the configuration with its defaults, or an error if it is invalid.
func (c Config) complete() (Config, error) {
	if c.Name == "" {
		return c, errors.New("an embedder needs a name, such as openai/text-embedding-3-small@1536")
	}
	if err := c.readName(); err != nil {
		return c, fmt.Errorf("embedder %.100q: %w", c.Name, err)
	}
	p, known := providers[c.Provider]
	if !known {
		return c, fmt.Errorf("embedder %.100q: there is no provider %q: use %s, or one of %s", c.Name, c.Provider, embedder.LocalName, strings.Join(providerNames(), ", "))
	}
	c.useProvider(p)
	c.useModel(models[p.family+"/"+c.Model])
	if err := c.check(); err != nil {
		return c, fmt.Errorf("embedder %.100q: %w", c.Name, err)
	}
	return c, nil
}

// readName fills empty fields from the parts of Name.
func (c *Config) readName() error {
	provider, rest, _ := strings.Cut(c.Name, "/")
	c.Provider = cmp.Or(c.Provider, provider)
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		c.Model = cmp.Or(c.Model, rest)
		return nil
	}
	c.Model = cmp.Or(c.Model, rest[:at])
	dims, err := strconv.Atoi(rest[at+1:])
	if err != nil {
		return fmt.Errorf("%q after the @ is no number of dimensions", rest[at+1:])
	}
	if c.Dimensions != 0 && c.Dimensions != dims {
		return fmt.Errorf("its name says %d dimensions and its configuration %d", dims, c.Dimensions)
	}
	c.Dimensions = dims
	return nil
}

func (c *Config) useProvider(p provider) {
	own := len(c.URLs) == 0
	if own && p.url != "" {
		c.URLs = []string{p.url}
	}
	if c.KeyEnv == "" && c.KeyFile == "" {
		c.KeyEnv = p.keyEnv
	}
	c.BatchItems = cmp.Or(c.BatchItems, p.items)
	c.BatchTokens = cmp.Or(c.BatchTokens, p.tokens)
	c.BytesPerToken = cmp.Or(c.BytesPerToken, p.bytesPerToken, defaultBytesPerToken)
	c.DocumentTask = cmp.Or(c.DocumentTask, p.documentTask)
	c.QueryTask = cmp.Or(c.QueryTask, p.queryTask)
	if c.AskDimensions == nil && p.dimensions {
		c.AskDimensions = new(true)
	}
	if c.Encoding == "" {
		c.Encoding = "float"
		if own && p.base64 {
			c.Encoding = "base64"
		}
	}
	c.APIVersion = cmp.Or(c.APIVersion, "2024-10-21")
	c.Concurrency = cmp.Or(c.Concurrency, DefaultConcurrency)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.OpenFor = cmp.Or(c.OpenFor, DefaultOpenFor)
	c.Distance = cmp.Or(c.Distance, embedder.Dot)
}

func (c *Config) useModel(m model) {
	c.Dimensions = cmp.Or(c.Dimensions, m.dimensions)
	c.MaxTokens = cmp.Or(c.MaxTokens, m.maxTokens, defaultMaxTokens)
	if c.NativeDimensions != 0 {
		c.AskDimensions = new(false)
	}
	if c.AskDimensions == nil {
		c.AskDimensions = new(m.shortens)
	}
	if m.dimensions != 0 && !*c.AskDimensions && c.NativeDimensions == 0 {
		c.NativeDimensions = m.dimensions
	}
	c.NativeDimensions = cmp.Or(c.NativeDimensions, c.Dimensions)
	if c.DocumentPrefix == "" && c.QueryPrefix == "" {
		c.DocumentPrefix, c.QueryPrefix = m.documentPrefix, m.queryPrefix
	}
}

func (c *Config) check() error {
	switch {
	case c.Model == "":
		return errors.New("it names no model")
	case c.Dimensions < 1 || c.Dimensions > maxDimensions:
		return fmt.Errorf("%d dimensions: end its name with @ and their number", c.Dimensions)
	case c.NativeDimensions < c.Dimensions || c.NativeDimensions > maxDimensions:
		return fmt.Errorf("native_dimensions %d: a vector of %d cannot be cut out of it", c.NativeDimensions, c.Dimensions)
	case c.Distance != embedder.Dot && c.Distance != embedder.Cosine:
		return fmt.Errorf("distance %q: use dot or cosine", c.Distance)
	case c.Encoding != "float" && c.Encoding != "base64":
		return fmt.Errorf("encoding %q: use float or base64", c.Encoding)
	case c.MaxTokens < 16 || c.BytesPerToken < 1 || c.BatchItems < 1 || c.BatchTokens < 1:
		return errors.New("max_tokens is 16 or more; bytes_per_token, batch_items and batch_tokens are 1 or more")
	case c.Concurrency < 1 || c.Concurrency > maxConcurrency:
		return fmt.Errorf("concurrency %d: give 1 to %d", c.Concurrency, maxConcurrency)
	case c.RequestsPerMinute < 0 || c.TokensPerMinute < 0 || c.Timeout < 0 || c.OpenFor < 0 || c.Price < 0:
		return errors.New("limits, times and prices are not negative")
	case c.KeyEnv != "" && c.KeyFile != "":
		return errors.New("key_env and key_file: leave one out")
	case len(c.URLs) == 0:
		return fmt.Errorf("provider %s has no address of its own: give urls", c.Provider)
	}
	for _, address := range c.URLs {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New("an address is not of the form http(s)://HOST/PATH") // unquoted: it may hold a password
		} else if u.User != nil || u.RawQuery != "" {
			return errors.New("an address holds a user or a query: a key comes from key_env or key_file")
		}
	}
	return nil
}

// maxKey is the largest size of a key file, in bytes.
const maxKey = 16 << 10

// key reads the key. It is "" if the provider needs none.
func (c *Config) key() (string, error) {
	if c.KeyFile == "" {
		return strings.TrimSpace(os.Getenv(c.KeyEnv)), nil
	}
	info, err := os.Stat(c.KeyFile)
	if err == nil && info.Size() > maxKey {
		err = errors.New("too large for a key")
	}
	if err != nil {
		return "", fmt.Errorf("read key of %s: %w", c.Name, err)
	}
	b, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return "", fmt.Errorf("read key of %s: %w", c.Name, err)
	}
	return strings.TrimSpace(string(b)), nil
}
