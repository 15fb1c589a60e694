package linguist

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/go-enry/go-enry/v2/data"
)

var update = flag.Bool("update", false, "write the table of tokens anew from go-enry's")

// The table holds what go-enry's table holds.
func TestTheTableIsGoEnrys(t *testing.T) {
	if *update {
		if err := os.WriteFile("tokens.gz", pack(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := os.ReadFile("tokens.gz")
	if err != nil {
		t.Fatal(err)
	}
	known, err := readSamples(packed)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(known.Languages, data.LanguagesLogProbabilities) || !reflect.DeepEqual(known.Tokens, data.TokensLogProbabilities) || Total != data.TokensTotal {
		t.Error("the table differs from go-enry's: run this test with -update")
	}
}

func pack(t *testing.T) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range slices.Sorted(maps.Keys(data.LanguagesLogProbabilities)) {
		fmt.Fprintf(w, "\t%s\t%v\n", language, data.LanguagesLogProbabilities[language])
		tokens := data.TokensLogProbabilities[language]
		for _, token := range slices.Sorted(maps.Keys(tokens)) {
			fmt.Fprintf(w, "%q\t%v\n", token, tokens[token])
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
