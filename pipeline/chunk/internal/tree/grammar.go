//go:build cgo

package tree

import (
	"sync"
	"unsafe"

	kotlin "github.com/tree-sitter-grammars/tree-sitter-kotlin/bindings/go"
	bash "github.com/tree-sitter/tree-sitter-bash/bindings/go"
	csharp "github.com/tree-sitter/tree-sitter-c-sharp/bindings/go"
	c "github.com/tree-sitter/tree-sitter-c/bindings/go"
	cpp "github.com/tree-sitter/tree-sitter-cpp/bindings/go"
	java "github.com/tree-sitter/tree-sitter-java/bindings/go"
	javascript "github.com/tree-sitter/tree-sitter-javascript/bindings/go"
	php "github.com/tree-sitter/tree-sitter-php/bindings/go"
	python "github.com/tree-sitter/tree-sitter-python/bindings/go"
	ruby "github.com/tree-sitter/tree-sitter-ruby/bindings/go"
	rust "github.com/tree-sitter/tree-sitter-rust/bindings/go"
	scala "github.com/tree-sitter/tree-sitter-scala/bindings/go"
	typescript "github.com/tree-sitter/tree-sitter-typescript/bindings/go"
)

// grammars by the names that go-enry gives to languages. Each is read when it
// is first used.
var grammars = map[string]func() *grammar{
	"C":          once(c.Language),
	"C#":         once(csharp.Language),
	"C++":        once(cpp.Language),
	"Java":       once(java.Language),
	"JavaScript": once(javascript.Language),
	"Kotlin":     once(kotlin.Language),
	"PHP":        once(php.LanguagePHP),
	"Python":     once(python.Language),
	"Ruby":       once(ruby.Language),
	"Rust":       once(rust.Language),
	"Scala":      once(scala.Language),
	"Shell":      once(bash.Language),
	"TSX":        once(typescript.LanguageTSX),
	"TypeScript": once(typescript.LanguageTypescript),
}

func once(language func() unsafe.Pointer) func() *grammar {
	return sync.OnceValue(func() *grammar { return load(language()) })
}

func lookup(language string) *grammar {
	if get := grammars[language]; get != nil {
		return get()
	}
	return nil
}
