package embedder_test

import (
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

// snippets are the results that the queries below look for, by their subject.
var snippets = map[string]string{
	"http header": `// ReadMIMEHeader reads a MIME-style header of an HTTP request.
func (r *Reader) parseHTTPHeader() (Header, error) {
	line, err := r.readContinuedLine()
	key, value, ok := strings.Cut(line, ":")
	if !ok { return nil, ProtocolError("malformed header line") }
	m[CanonicalHeaderKey(key)] = append(m[key], value)
}`,
	"json": `def decode_json(self, payload):
    """Decode a JSON document into Python objects."""
    try:
        obj, end = self.raw_decode(payload, idx=_w(payload, 0).end())
    except ValueError as e:
        raise JSONDecodeError("Expecting value", payload, e.pos)
    return obj`,
	"retry": `public <T> T withRetries(Callable<T> call, int maxAttempts) throws Exception {
    for (int attempt = 1; ; attempt++) {
        try { return call.call(); }
        catch (IOException e) {
            if (attempt >= maxAttempts) throw e;
            Thread.sleep(backoff.nextDelayMillis(attempt));
        }
    }
}`,
	"lru": `type lruCache struct { capacity int; order *list.List; entries map[string]*list.Element }
func (c *lruCache) evictOldest() {
	oldest := c.order.Back()
	c.order.Remove(oldest)
	delete(c.entries, oldest.Value.(*entry).key)
}`,
	"matrix": `template <typename T>
Matrix<T> multiply(const Matrix<T>& a, const Matrix<T>& b) {
  Matrix<T> product(a.rows(), b.cols());
  for (size_t i = 0; i < a.rows(); ++i)
    for (size_t j = 0; j < b.cols(); ++j)
      for (size_t k = 0; k < a.cols(); ++k) product(i, j) += a(i, k) * b(k, j);
  return product;
}`,
	"sql": `func (s *Store) insertUsers(ctx context.Context, tx *sql.Tx, users []User) error {
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT DO NOTHING")
	if err != nil { return err }
	defer stmt.Close()
}`,
	"websocket": `socket.on('message', (frame) => {
  if (frame.opcode === OPCODE_PING) { socket.sendPong(frame.payload); return; }
  broadcast(room.subscribers, frame.text);
});`,
	"gitignore": `fn is_ignored(path: &Path, patterns: &[Glob]) -> bool {
    patterns.iter().rev().find(|glob| glob.is_match(path)).map_or(false, |glob| !glob.negated)
}`,
	"password": `def hash_password(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=2**14, r=8, p=1)`,
	"install": `## Installing
Download the archive for your platform, unpack it and put the binary on your PATH.
On macOS, brew install works too. Windows users run the installer.`,
	"tls": `func loadCertificate(certFile, keyFile string) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil { return nil, err }
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}`,
	"sort": `fn quick_sort<T: Ord>(slice: &mut [T]) {
    if slice.len() <= 1 { return; }
    let pivot = partition(slice);
    let (left, right) = slice.split_at_mut(pivot);
    quick_sort(left); quick_sort(&mut right[1..]);
}`,
}

var queries = []struct{ query, want string }{
	{"parse http header", "http header"},
	{"where are HTTP headers parsed?", "http header"},
	{"CanonicalHeaderKey", "http header"},
	{"decode json document", "json"},
	{"JSONDecodeError", "json"},
	{"retry a call with backoff", "retry"},
	{"retries", "retry"},
	{"evict the oldest cache entry", "lru"},
	{"LRUCache", "lru"},
	{"matrix multiplication", "matrix"},
	{"insert users into the database", "sql"},
	{"websocket ping pong", "websocket"},
	{"ignored paths by glob pattern", "gitignore"},
	{"password hashing", "password"},
	{"how to install on windows", "install"},
	{"load tls certificate", "tls"},
	{"quicksort partition pivot", "sort"},
}

func TestDenseRanksTheRightSnippetFirst(t *testing.T) {
	for _, q := range queries {
		asked := embed(t, q.query)
		best, score := "", float32(-2)
		for name, text := range snippets {
			if s := dot(asked, embed(t, text)); s > score {
				best, score = name, s
			}
		}
		if best != q.want {
			t.Errorf("%q found %s at %.3f, want %s at %.3f", q.query, best, score, q.want, dot(asked, embed(t, snippets[q.want])))
		}
	}
}

func TestTermsRankTheRightSnippetFirst(t *testing.T) {
	for _, q := range queries {
		asked := embedder.QueryTerms(q.query)
		var best string
		var score float32
		for name, text := range snippets {
			if s := match(asked, embedder.Terms(text)); s > score {
				best, score = name, s
			}
		}
		if best != q.want {
			t.Errorf("%q found %q at %.3f, want %s", q.query, best, score, q.want)
		}
	}
}

func embed(tb testing.TB, text string) []float32 {
	tb.Helper()
	vectors, err := embedder.Local{}.Embed(tb.Context(), []string{text}, embedder.Document)
	if err != nil {
		tb.Fatal(err)
	}
	return vectors[0]
}

func dot(a, b []float32) float32 {
	var sum float32
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// match returns the dot product of two sparse vectors.
func match(a, b embedder.Sparse) float32 {
	values := make(map[uint32]float32, len(b.Indices))
	for i, index := range b.Indices {
		values[index] = b.Values[i]
	}
	var sum float32
	for i, index := range a.Indices {
		sum += a.Values[i] * values[index]
	}
	return sum
}
