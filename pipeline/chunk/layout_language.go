package chunk

import (
	"regexp"
	"sync"
)

// These make patterns. Spaces stand for any blanks.
func functions(expr string) pattern { return pattern{kind: KindFunction, expr: line(expr)} }
func types(expr string) pattern     { return pattern{kind: KindType, expr: line(expr), open: true} }
func modules(expr string) pattern {
	return pattern{kind: KindDeclarations, expr: line(expr), open: true}
}
func constants(expr string) pattern { return pattern{kind: KindConst, expr: line(expr)} }
func variables(expr string) pattern { return pattern{kind: KindVar, expr: line(expr)} }

// lazy is a pattern that is compiled when it is first needed, because most processes of leat
// cut no text, or texts of few languages.
type lazy func() *regexp.Regexp

func lazily(expr string) lazy {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

func line(expr string) lazy { return lazily(`^(?:` + expr + `)`) }

// upTo is a pattern for definitions that end at a line of their own, whatever the indentation.
func (p pattern) upTo(expr string) pattern {
	p.until = line(expr)
	return p
}

const (
	swiftWords = `(?:(?:public|private|internal|fileprivate|open|package|static|class|final|override|mutating|nonmutating|lazy|weak|unowned|` +
		`required|convenience|indirect|dynamic|optional|prefix|postfix|infix|nonisolated|distributed|@\w+(?:\([^)]*\))?)(?:\(\w+\))?\s+)*`
	fortranWords = `(?:(?:pure|elemental|recursive|impure|module|integer|real|logical|complex|character|double\s+precision|type|class)\b` +
		`(?:\s*\([^)]*\))?\s+)*`
	solidityWords = `(?:(?:public|private|internal|constant|immutable|override|transient)\s+)*`
)

var (
	slashes = []string{"//", "*", "/*"}
	stars   = [][2]string{{"/*", "*/"}}
)

// layouts of languages, by the names that go-enry gives to them.
var layouts = map[string]*layout{
	"Elixir": {
		aside:  []string{"#", "@doc", "@moduledoc", "@spec", "@impl", "@typedoc", "@since", "@deprecated", "@tag", "@describetag"},
		long:   [][2]string{{`"""`, `"""`}, {"'''", "'''"}},
		header: line(`(?:use|import|alias|require)\s`),
		define: []pattern{
			types(`def(?:module|protocol|impl)\s+([\w.]+)`),
			functions(`(?:def|defp|defmacro|defmacrop|defguard|defguardp|defdelegate|defn|defnp|defcallback)\s+([\w?!]+)`),
			functions(`(?:test|property)\s+"([^"]+)"`), types(`describe\s+"([^"]+)"`),
			constants(`@(?:type|typep|opaque|callback|macrocallback)\s+([\w?!]+)`),
			variables(`@(\w+)\s+\S`),
		},
		reserve: " unquote ",
	},
	"Haskell": {
		aside:  []string{"--", "{-#"},
		long:   [][2]string{{"{-", "-}"}},
		header: line(`(?:import\b|module\s+([\w.]+))`),
		define: []pattern{
			types(`(?:class|instance)\s+(?:.*=>\s*)?(\(?[A-Z][\w.']*[^=]*?)\s*(?:where|$)`),
			{kind: KindType, expr: line(`(?:data|newtype|type)\s+(?:family\s+|instance\s+)?(?:.*=>\s*)?([A-Z][\w']*)`)},
			functions(`foreign\s+import\s.*\s([a-z][\w']*)\s*::`),
			functions("[a-z_][\\w']*\\s+`?([^\\s\\w()=:|\"'\\[,;`@]+[^\\s\\w()\"',;`]*|[a-z]\\w*`)`?\\s+[a-z_(]"),
			functions(`([a-z_][\w']*)(?:\s|$)`), functions(`\(([^\s\w()]+)\)\s*::`),
		},
		reserve: " where let in if then else case of do deriving infix infixl infixr default pattern foreign type data class instance import module ",
	},
	"Swift": {
		aside:  append([]string{"@"}, slashes...),
		long:   [][2]string{{"/*", "*/"}, {`"""`, `"""`}},
		header: line(`(?:@\w+\s+)?import\s`),
		define: []pattern{
			functions(swiftWords + `func\s+([\w]+|[^\s\w(]+)`), functions(swiftWords + `(init|deinit|subscript)\b[?!]?\s*[(<{]`),
			variables(swiftWords + `(?:var|let)\s+(\w+)`), constants(swiftWords + `typealias\s+(\w+)`), constants(`case\s+(\w+)\s*(?:[(=,]|$)`),
			types(swiftWords + `(?:class|struct|enum|protocol|extension|actor)\s+([\w.]+)`),
		},
		reserve: " default ",
	},
	"Zig": {
		aside:  []string{"//"},
		header: line(`(?:pub\s+)?const\s+\w+\s*=\s*@import\(`),
		define: []pattern{
			types(`(?:pub\s+|export\s+|extern\s+)*const\s+(\w+)\s*(?::[^=]*)?=\s*(?:extern\s+|packed\s+)?(?:struct|enum|union|opaque|error)\b`),
			functions(`(?:pub\s+|export\s+|extern\s+(?:"\w+"\s+)?|inline\s+|noinline\s+)*fn\s+(\w+)`), functions(`test\s+"([^"]+)"`), functions(`test\s+(\w+)\s*\{`),
			constants(`(?:pub\s+|export\s+|extern\s+|threadlocal\s+|comptime\s+)*const\s+(\w+)`),
			variables(`(?:pub\s+|export\s+|extern\s+|threadlocal\s+)*var\s+(\w+)`),
		},
	},
	"Dart": {
		aside:  append([]string{"@"}, slashes...),
		long:   stars,
		header: line(`(?:import|export|library|part)\s`),
		define: []pattern{
			types(`(?:(?:abstract|base|final|sealed|interface|macro)\s+)*(?:class|mixin\s+class|mixin|enum|extension\s+type|extension)\s+(\w+)`),
			constants(`typedef\s+(\w+)\s*(?:<.*>)?\s*=`), constants(`typedef\s+.*\s(\w+)\s*\(`),
			functions(`(?:(?:static|external|factory|const|covariant)\s+)*(?:[\w<>,?.\[\]]+\s+)*?(?:get|set)\s+(\w+)`),
			functions(`(?:(?:static|external|factory|const|covariant)\s+)*(?:[\w.]+(?:<[^(]*>)?\??\s+)*?(?:operator\s*)?([\w.]+|[=<>+*/%~^&|\[\]-]+)\s*(?:<[^(]*>)?\((?:[^;]*(?:\{|=>|,|\(|\)|\[|async\*?|:.*))?\s*;?$`),
			variables(`(?:(?:static|late|final|const|var|covariant)\s+)+(?:[\w<>,?. ]+\s)?(\w+)\s*[=;]`),
		},
		reserve: " if for while switch return catch assert await throw super else do try yield this ",
	},
	"Lua": {
		aside:  []string{"--"},
		long:   [][2]string{{"--[[", "]]"}, {"--[==[", "]==]"}, {"[[", "]]"}},
		header: line(`(?:local\s+)?\w+\s*=\s*require\b`),
		define: []pattern{
			functions(`(?:local\s+)?function\s+([\w.:]+)`), functions(`(?:local\s+)?([\w.]+)\s*=\s*function\b`),
			variables(`local\s+(\w+)`), variables(`([A-Z][\w.]*)\s*=[^=]`),
		},
	},
	"Objective-C":   objective,
	"Objective-C++": objective,
	"OCaml": {
		aside:  []string{"(*", "[@"},
		long:   [][2]string{{"(*", "*)"}},
		header: line(`open[!\s]`),
		define: []pattern{
			types(`(?:module(?:\s+type|\s+rec)?|class(?:\s+type|\s+virtual)*)\s+([\w']+)`),
			{kind: KindType, expr: line(`type\s+(?:nonrec\s+)?(?:\([^)]*\)\s*|[+-]?'\w+\s+)?([\w']+)`)},
			functions(`(?:let|and)\s+(?:rec\s+)?(?:\(\s*([^\s)]+)\s*\)|([\w']+))`),
			functions(`(?:val|external|method|exception)[!]?\s+(?:private\s+|virtual\s+|mutable\s+)*(?:\(\s*([^\s)]+)\s*\)|([\w']+))`),
		},
	},
	"Julia": {
		aside:  []string{"#", `"""`},
		long:   [][2]string{{"#=", "=#"}, {`"""`, `"""`}},
		header: line(`(?:using|import|export|public|include)\b|(?:bare)?module\s+(\w+)`),
		define: []pattern{
			{kind: KindType, expr: line(`(?:@\w+\s+)*(?:mutable\s+struct|struct|abstract\s+type|primitive\s+type)\s+(\w+)`)},
			functions(`(?:@\w+\s+)*(?:function|macro)\s+(?:\([^)]*\)\s*)?([\w.!]+)`),
			functions(`(?:@\w+\s+)*([\w.!]+)(?:\{[^}]*\})?\(.*\)(?:::[^=]+)?(?:\s*where\s[^=]+)?\s*=(?:[^=]|$)`),
			constants(`const\s+(\w+)`),
		},
		reserve: " if for while ",
	},
	"R": {
		aside:  []string{"#"},
		header: line(`(?:library|require|source)\(`),
		define: []pattern{
			functions("[`\"']?([\\w.<\\[$-]+?)[`\"']?\\s*(?:<<?-|=)\\s*(?:function\\b|\\\\\\()"),
			functions(`set(?:Generic|Method|Validity|ReplaceMethod)\(\s*["']([^"']+)`),
			types(`(\w+)\s*<-\s*(?:R6::)?R6Class\(`), types(`set(?:Class|RefClass)\(\s*["']([^"']+)`),
			variables(`([\w.]+)\s*<-`),
		},
	},
	"Perl": {
		aside:  []string{"#"},
		long:   [][2]string{{"^=", "^=cut"}, {"^__END__", "\x00"}},
		header: line(`(?:use|require|no)\s+(?:[A-Zv\d]|(?:strict|warnings|utf8|lib|parent|base|feature|vars|overload|lib)\b)|package\s+([\w:]+)\s*;`),
		define: []pattern{
			types(`(?:package|class|role)\s+([\w:]+)[^;]*\{`), functions(`(?:my\s+|async\s+)?(?:sub|method)\s+([\w:']+)`),
			variables(`our\s+[$@%]([\w:]+)`), constants(`use\s+constant\s+(\w+)`),
		},
	},
	"Solidity": {
		aside:  slashes,
		long:   stars,
		header: line(`(?:import|pragma)\s`),
		define: []pattern{
			types(`(?:abstract\s+)?(?:contract|interface|library|struct|enum)\s+(\w+)`),
			functions(`(?:function|modifier|event|error)\s+(\w+)`), functions(`(constructor|receive|fallback)\b`),
			variables(`(?:mapping\s*\(.*\)|[\w.\[\]]+)\s+` + solidityWords + `(\w+)\s*[=;]`),
		},
		reserve: " return delete emit ",
	},
	"Clojure": {
		aside:  []string{";", "#_"},
		header: line(`\(ns\s+(?:\^\S+\s+)*([\w.-]+)`),
		define: []pattern{
			functions(`\((?:\w+/)?(?:defn-?|defmacro|defmulti|defmethod|deftest|defspec|s/fdef)\s+(?:\^\S+\s+)*([^\s\[\](){}"]+)`),
			{kind: KindType, expr: line(`\((?:defprotocol|defrecord|deftype|definterface)\s+(?:\^\S+\s+)*([^\s\[\](){}"]+)`)},
			variables(`\((?:[\w.]+/)?def[\w-]*\s+(?:\^\S+\s+)*([^\s\[\](){}"]+)`),
		},
	},
	"Erlang": {
		aside:  []string{"%", "-spec", "-doc", "-callback"},
		header: line(`-(?:module\(\s*(\w+)|(?:include|include_lib|export|export_type|import|behaviou?r|compile|author|vsn)\b)`),
		define: []pattern{
			{kind: KindType, expr: line(`-(?:record|type|opaque)\s*\(?\s*'?(\w+)`)}, constants(`-define\(\s*(\w+)`),
			functions(`([a-z]\w*|'[^']+')\s*\(`),
		},
	},
	"Fortran":           fortran,
	"Fortran Free Form": fortran,
	"PowerShell": {
		aside:  []string{"#"},
		long:   [][2]string{{"<#", "#>"}, {"@\"", "\"@"}, {"@'", "'@"}},
		header: line(`(?i:using\s|import-module\s|#requires)`),
		define: []pattern{
			functions(`(?i:function|filter|workflow)\s+(?:(?i:global|script|local):)?([\w:-]+)`), types(`(?i:class|enum)\s+(\w+)`),
			functions(`(?i:hidden\s+|static\s+)*\[[\w.\[\]]+\]\s*(\w+)\s*\(`), functions(`(\w+)\s*\([^)]*\)\s*\{?$`), variables(`\$([\w:]+)\s*=`),
		},
		reserve: " if foreach for while switch elseif until param catch ",
	},
	"Makefile": {
		aside:  []string{"#", ".PHONY", "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"},
		header: line(`-?include\s`),
		define: []pattern{
			functions(`define\s+(\S+)`).upTo(`endef\b`), variables(`(?:export\s+|override\s+|private\s+)*([\w.-]+)\s*(?:[:?+!]|::)?=`),
			functions(`([^\s:=#][^:=#]*?)\s*&?::?(?:\s|$)`),
		},
	},
	"CMake": {
		aside:  []string{"#"},
		long:   [][2]string{{"#[[", "]]"}},
		header: line(`(?i:include|find_package|cmake_minimum_required)\s*\(|(?i:project)\s*\(\s*([\w-]+)`),
		define: []pattern{
			functions(`(?i:function|macro)\s*\(\s*([\w-]+)`).upTo(`(?i:endfunction|endmacro)\b`),
			types(`(?i:add_executable|add_library|add_custom_target|add_test)\s*\(\s*(?:NAME\s+)?([\w.:-]+)`), variables(`(?i:set|option)\s*\(\s*([\w.-]+)`),
		},
	},
	"Nix": {
		aside:  []string{"#"},
		long:   [][2]string{{"/*", "*/"}, {"''", "''"}},
		define: []pattern{{kind: KindVar, expr: line(`((?:[\w'-]+|"[^"]*")(?:\.(?:[\w'-]+|"[^"]*"))*)\s*=(?:[^=]|$)`), open: true}},
	},
}

// objective has no indentation in its types, which end at @end.
var objective = &layout{
	aside:  append([]string{"#pragma"}, slashes...),
	long:   stars,
	header: line(`(?:#\s*(?:import|include)|@import|@class)\b`),
	define: []pattern{
		types(`@(?:interface|implementation|protocol)\s+(\w+(?:\s*\(\s*\w*\s*\))?)`).upTo(`@end\b`),
		functions(`[-+]\s*\([^)]*\)\s*(\w+)`), variables(`@property\b.*?(\w+)\s*;`),
		constants(`#\s*define\s+(\w+)`), constants(`typedef\b.*?(\w+)\s*[;)]`),
		{kind: KindType, expr: line(`(?:typedef\s+)?(?:NS_ENUM|NS_OPTIONS|enum|struct|union)\b[^;]*?(\w+)\s*\{`)},
		functions(`(?:[\w*]+\s+)+\**(\w+)\s*\([^;]*$`),
	},
	reserve: " if for while switch return else ",
}

// fortran ends each definition with a line that says so. Its lines need no indentation.
var fortran = &layout{
	aside:  []string{"!", "C ", "c ", "*"},
	header: line(`(?i:use|include|implicit)\b`),
	define: []pattern{
		functions(`(?i:` + fortranWords + `(?:function|subroutine)\s+(\w+))`).upTo(`(?i:end\s*(?:function|subroutine|procedure)\b|end\s*$)`),
		modules(`(?i:(?:submodule\s*\([^)]*\)|module|program)\s+(\w+)\s*$)`).upTo(`(?i:end\s*(?:submodule|module|program)\b|end\s*$)`),
		{kind: KindType, expr: line(`(?i:type\s*(?:,[^:]*)?(?:::)?\s*(\w+)\s*$)`), until: line(`(?i:end\s*type\b)`)},
		types(`(?i:(?:abstract\s+)?interface\s+(\w+))`).upTo(`(?i:end\s*interface\b)`),
	},
	reserve: " procedure ",
}
