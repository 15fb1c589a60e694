package provider

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// answers holds successful answers, by provider.
var answers = map[string][]string{
	"openai": {
		`{"object":"list","data":[{"object":"embedding","index":1,"embedding":[1,2]},{"index":0,"embedding":"AACAPwAAAEA="}],"usage":{"prompt_tokens":8,"total_tokens":8}}`,
		`{"data":[{"embedding":[1,null]},{"embedding":[1e999,[2,"3"]]}]}`,
		`{"data":[{"index":0,"embedding":"AACAPwAAAEA\u003d"},{"index":1,"embedding":"AACAPw"}]}`,
	},
	"ollama": {`{"model":"m","embeddings":[[0.1,-2e-3],[3,4]],"total_duration":1,"prompt_eval_count":8}`, `{"embeddings":[[],null]}`},
	"gemini": {`{"embeddings":[{"values":[0.1,0.2]},{"values":[1,2]}]}`, `{"embeddings":[{},{"values":null}]}`},
	"cohere": {`{"id":"1","embeddings":{"float":[[0.1,0.2],[1,2]]},"meta":{"billed_units":{"input_tokens":8}}}`, `{"embeddings":[[1,2],[3,4]]}`,
		`{"embeddings":{"float":[[1,2]]},"meta":{"billed_units":{"input_tokens":8.0}}}`},
	"voyage": {`{"object":"list","data":[{"object":"embedding","embedding":[1,2],"index":0},{"embedding":"AACAPwAAAEA=","index":1}],"usage":{"total_tokens":8}}`},
}

// complaints holds the bodies of errors.
var complaints = []string{
	`{"error":{"message":"too long","type":"invalid_request_error","code":null}}`, `{"error":"input length exceeds the context length"}`,
	`{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}`,
	`{"message":"too many tokens"}`, `{"detail":"bad"}`, `{"error":{"code":{}},"error_type":7}`, `[]`, `<html>`, ``,
}

func fuzzAnswer(f *testing.F, name string) {
	for _, body := range answers[name] {
		f.Add([]byte(body), 2)
	}
	f.Add([]byte(`{"data":{},"embeddings":7}`), 1)
	cfg, err := Config{Name: name + "/m@2", URLs: []string{"http://a"}}.complete()
	if err != nil {
		f.Fatal(err)
	}
	w := providers[name].wire(&cfg)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		n = 1 + (n&7+8)%8
		a, err := w.answer(body, n)
		if err != nil {
			return
		}
		if a.tokens < 0 || a.tokens > maxCounted {
			t.Fatalf("%d tokens", a.tokens)
		}
		if len(a.vectors) != n {
			t.Fatalf("%d vectors for %d texts", len(a.vectors), n)
		}
		for _, v := range a.vectors {
			if len(v) != cfg.NativeDimensions {
				continue // accept refuses it
			}
			v, err := cfg.finish(v)
			if err != nil {
				continue
			}
			length := 0.0
			for _, x := range v {
				length += float64(x) * float64(x)
			}
			if math.Abs(math.Sqrt(length)-1) > 1e-3 {
				t.Fatalf("%v has length %v", v, math.Sqrt(length))
			}
		}
	})
}

func FuzzOpenAIAnswer(f *testing.F) { fuzzAnswer(f, "openai") }
func FuzzOllamaAnswer(f *testing.F) { fuzzAnswer(f, "ollama") }
func FuzzGeminiAnswer(f *testing.F) { fuzzAnswer(f, "gemini") }
func FuzzCohereAnswer(f *testing.F) { fuzzAnswer(f, "cohere") }
func FuzzVoyageAnswer(f *testing.F) { fuzzAnswer(f, "voyage") }

// The error for any complaint of a server is one line of bounded length, and the wait is bounded.
func FuzzComplaint(f *testing.F) {
	for _, body := range complaints {
		for _, status := range []int{400, 401, 404, 413, 429, 500, 503} {
			f.Add([]byte(body), status, "3", "0", "6m0s")
		}
	}
	var wires []wire
	for _, name := range providerNames() {
		cfg, err := Config{Name: name + "/m@2", URLs: []string{"http://a"}}.complete()
		if err != nil {
			f.Fatal(err)
		}
		wires = append(wires, providers[name].wire(&cfg))
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, after, left, reset string) {
		h := http.Header{}
		h.Set("Retry-After", after)
		h.Set("X-Ratelimit-Remaining-Tokens", left)
		h.Set("X-Ratelimit-Reset-Tokens", reset)
		if wait := exhausted(h); wait < 0 || wait > maxPause {
			t.Errorf("a pause of %s", wait)
		}
		for _, w := range wires {
			p := judge(status, h, w.complaint(body), time.Unix(0, 0))
			if p.after < 0 || p.after > maxPause {
				t.Errorf("come back after %s", p.after)
			}
			if said := p.Error(); utf8.RuneCountInString(said) > maxQuoted+100 || !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) {
				t.Errorf("error %q", said)
			}
		}
	})
}
