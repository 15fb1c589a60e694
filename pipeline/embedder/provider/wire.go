package provider

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
)

// wire is the wire format of a provider.
type wire interface {
	// request returns the path below the address, and the body to encode as JSON.
	request(texts []string, purpose embedder.Purpose) (path string, body any)
	// authorize adds the key to the headers.
	authorize(h http.Header, key string)
	// answer decodes the body of a successful answer to n texts.
	answer(body []byte, n int) (answer, error)
	// complaint extracts the provider's message from the body of an error.
	complaint(body []byte) complaint
}

// answer holds vectors in the order of the texts, unchecked.
type answer struct {
	vectors [][]float32
	tokens  int // as counted by the provider; 0 if it gives no count
}

// maxCounted is a number of tokens that no request can reach.
const maxCounted = 1 << 30

// counted returns the number of tokens that a provider gives, or 0 if the number is impossible.
func counted(tokens float64) int {
	if tokens > 0 && tokens < maxCounted {
		return int(tokens)
	}
	return 0
}

type complaint struct {
	code, message string
	after         string // a duration, such as 34s
}

func bearer(h http.Header, key string) { h.Set("Authorization", "Bearer "+key) }

// indexed is a vector with the index of its text.
type indexed struct {
	Index     *int    `json:"index"`
	Embedding numbers `json:"embedding"`
}

// inOrder sorts vectors by their index. If none has an index, they are in order already.
func inOrder(data []indexed, n int) ([][]float32, error) {
	if len(data) != n {
		return nil, fmt.Errorf("%d vectors for %d texts", len(data), n)
	}
	vectors := make([][]float32, n)
	seen := make([]bool, n)
	for i, d := range data {
		at := i
		if d.Index != nil {
			at = *d.Index
		} else if data[0].Index != nil {
			return nil, fmt.Errorf("vector %d has no index, and others have", i)
		}
		if at < 0 || at >= n || seen[at] {
			return nil, fmt.Errorf("vector %d has index %d, of %d texts, out of range or twice", i, at, n)
		}
		seen[at], vectors[at] = true, d.Embedding
	}
	return vectors, nil
}

// numbers is a vector as a JSON array, or as base64 of little-endian float32.
type numbers []float32

// UnmarshalJSON implements json.Unmarshaler.
func (v *numbers) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		*v = floats(b)
		return nil
	}
	text, plain := bytes.CutPrefix(b, quotation)
	text, ended := bytes.CutSuffix(text, quotation)
	if !plain || !ended || bytes.IndexByte(text, '\\') >= 0 { // not a string, or a string with escapes, which base64 does not need
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		text = []byte(s)
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, text)
	raw = raw[:n]
	if err != nil {
		return fmt.Errorf("vector is not base64: %w", err)
	}
	if len(raw)%4 != 0 {
		return fmt.Errorf("vector of %d bytes is not of float32", len(raw))
	}
	*v = make(numbers, len(raw)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}

var quotation = []byte(`"`)

// floats reads an array of JSON, whose syntax has been checked. An element that is not a finite float32, such as null
// or an array, becomes NaN, which a later check finds.
func floats(array []byte) []float32 {
	inner := strings.TrimSpace(string(array[1 : len(array)-1]))
	if inner == "" {
		return []float32{}
	}
	list := make([]float32, 0, strings.Count(inner, ",")+1)
	for text := range strings.SplitSeq(inner, ",") {
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 32)
		if err != nil {
			f = math.NaN()
		}
		list = append(list, float32(f))
	}
	return list
}

// plain holds vectors in the order of the texts.
func plain(list []numbers, n int) ([][]float32, error) {
	if len(list) != n {
		return nil, fmt.Errorf("%d vectors for %d texts", len(list), n)
	}
	vectors := make([][]float32, n)
	for i, v := range list {
		vectors[i] = v
	}
	return vectors, nil
}

// decode decodes body, which must be exactly one JSON value.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return errors.Join(errNoJSON, err)
	}
	return nil
}

var errNoJSON = errors.New("the answer is not the JSON that it should be")
