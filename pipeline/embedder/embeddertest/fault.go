package embeddertest

import (
	"fmt"
	"math"
	"net/http"
	"slices"
)

// Status answers with a status, headers as alternating names and values, and the message in OpenAI's format of an
// error.
func Status(status int, message string, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func(func(Answer) Answer)) {
		for pair := range slices.Chunk(headers, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error": {"message": %q}, "message": %[1]q, "detail": %[1]q}`, message)
	}
}

// Body answers 200 with the given content.
func Body(contentType, content string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func(func(Answer) Answer)) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(content))
	}
}

// Hang waits without an answer until the client gives up.
func Hang(_ http.ResponseWriter, r *http.Request, _ func(func(Answer) Answer)) { <-r.Context().Done() }

// Cut breaks the connection in the middle of the answer.
func Cut(w http.ResponseWriter, _ *http.Request, answer func(func(Answer) Answer)) {
	w.Header().Set("Content-Length", "1000000")
	answer(nil)
	panic(http.ErrAbortHandler)
}

// Change changes the vectors of the answer.
func Change(change func(Answer) Answer) Fault {
	return func(_ http.ResponseWriter, _ *http.Request, answer func(func(Answer) Answer)) { answer(change) }
}

// The faults of an answer.
var (
	// Missing leaves out the last vector.
	Missing = Change(func(a Answer) Answer {
		a.Vectors, a.Indices = a.Vectors[1:], a.Indices[1:]
		return a
	})
	// Surplus repeats a vector.
	Surplus = Change(func(a Answer) Answer {
		a.Vectors, a.Indices = append(a.Vectors, a.Vectors[0]), append(a.Indices, 0)
		return a
	})
	// Backwards reverses the vectors. Their indices are right.
	Backwards = Change(func(a Answer) Answer {
		slices.Reverse(a.Vectors)
		slices.Reverse(a.Indices)
		return a
	})
	// Narrow leaves out one dimension.
	Narrow = Change(func(a Answer) Answer {
		for i, v := range a.Vectors {
			a.Vectors[i] = v[1:]
		}
		return a
	})
	// Zeros makes the first vector all zeros.
	Zeros = Change(func(a Answer) Answer {
		clear(a.Vectors[0])
		return a
	})
	// NaN puts a NaN into the first vector.
	NaN = Change(func(a Answer) Answer {
		a.Vectors[0][3] = float32(math.NaN())
		return a
	})
	// Infinite puts an infinite number into the first vector.
	Infinite = Change(func(a Answer) Answer {
		a.Vectors[0][3] = float32(math.Inf(1))
		return a
	})
)
