//go:build linux

package peer

import "context"

// program is one of those compared.
type program interface {
	about() About
	// install makes the program ready to start. An error says why it is skipped.
	install(ctx context.Context, dir string) error
	// start starts what keeps running between updates, and returns when it answers.
	start(ctx context.Context, p place) error
	// processes returns what keeps running.
	processes() map[string]int
	// update brings the index up to the checkout, by what keeps running.
	update(ctx context.Context) error
	// end ends what updateAnew starts.
	end() error
	// updateAnew does what update does, by a new process as from a shell. Stores keep running.
	updateAnew(ctx context.Context) error
	// search returns the best hits for a mark: for its word, or for the lines around it if the
	// program compares nothing but vectors.
	search(ctx context.Context, m mark) ([]hit, error)
	// count returns what the index holds; 0: the program does not tell.
	count(ctx context.Context) (files, chunks int64, err error)
	stop() error
}

// About describes a program and how it was run.
type About struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Settings string `json:"settings"`
	Vectors  bool   `json:"vectors"` // it embeds
}

// place is where a program works.
type place struct {
	dir      string // for its stores and logs
	repo     repository
	embedder string // address of the API
	meter    *meter
}

// hit is a result of a search.
type hit struct {
	Path string `json:"path"`
	Text string `json:"text"`
}
