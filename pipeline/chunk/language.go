package chunk

// A rule says what a kind of node in a grammar means to the chunker. Kinds without a rule
// are statements and parts of them.
type rule struct {
	kind  string // kind of the chunk; KindHeader for imports; empty: that of the node inside
	name  string // the field that holds the name; default "name"; nameless: none
	open  bool   // its members are always kept apart, as in a namespace
	aside bool   // a comment or attribute that belongs to the next node
}

const nameless = "-"

// wraps stands around a definition: an export, a decorator, a template.
var wraps = rule{}

// none stands for kinds without a rule, and failed for parts of a text that the grammar
// cannot read.
var none, failed rule

// through is the rule of a condition or an error: its parts belong to the node around it.
var through = rule{open: true}

var (
	function  = rule{kind: KindFunction}
	method    = rule{kind: KindMethod}
	kindType  = rule{kind: KindType}
	constant  = rule{kind: KindConst}
	variable  = rule{kind: KindVar}
	header    = rule{kind: KindHeader, name: nameless}
	aside     = rule{aside: true}
	namespace = rule{kind: KindDeclarations, open: true}
)

// named returns r with its name in another field.
func (r rule) named(field string) rule {
	r.name = field
	return r
}

// rules holds the rules of kinds of nodes, by the names that go-enry gives to languages.
var rules = map[string]map[string]rule{
	"Python": {
		"comment":                 aside,
		"import_statement":        header,
		"import_from_statement":   header,
		"future_import_statement": header,
		"decorated_definition":    wraps,
		"expression_statement":    wraps,
		"function_definition":     function,
		"class_definition":        kindType,
		"type_alias_statement":    kindType.named("left"),
		"assignment":              variable.named("left"),
	},
	"JavaScript": ecma(nil),
	"TypeScript": ecma(typed),
	"TSX":        ecma(typed),
	"Java": {
		"line_comment":                        aside,
		"block_comment":                       aside,
		"package_declaration":                 header.named(""),
		"import_declaration":                  header,
		"module_declaration":                  kindType,
		"class_declaration":                   kindType,
		"interface_declaration":               kindType,
		"enum_declaration":                    kindType,
		"record_declaration":                  kindType,
		"annotation_type_declaration":         kindType,
		"method_declaration":                  method,
		"constructor_declaration":             method,
		"compact_constructor_declaration":     method,
		"annotation_type_element_declaration": method,
		"field_declaration":                   variable.named("declarator"),
		"constant_declaration":                constant.named("declarator"),
	},
	"Rust": {
		"line_comment":             aside,
		"block_comment":            aside,
		"attribute_item":           aside,
		"inner_attribute_item":     header,
		"use_declaration":          header,
		"extern_crate_declaration": header,
		"function_item":            function,
		"function_signature_item":  function,
		"macro_definition":         function,
		"struct_item":              kindType,
		"enum_item":                kindType,
		"union_item":               kindType,
		"trait_item":               kindType,
		"type_item":                kindType,
		"impl_item":                kindType.named("type"),
		"mod_item":                 namespace,
		"const_item":               constant,
		"static_item":              variable,
	},
	"C": clike(nil),
	"C++": clike(map[string]rule{
		"using_declaration":          header,
		"namespace_alias_definition": header,
		"template_declaration":       wraps,
		"class_specifier":            kindType,
		"concept_definition":         kindType,
		"alias_declaration":          kindType,
		"namespace_definition":       namespace,
	}),
	"C#": {
		"comment":                           aside,
		"using_directive":                   header,
		"extern_alias_directive":            header,
		"file_scoped_namespace_declaration": header.named(""),
		"global_statement":                  wraps,
		"namespace_declaration":             namespace,
		"class_declaration":                 kindType,
		"interface_declaration":             kindType,
		"struct_declaration":                kindType,
		"record_declaration":                kindType,
		"enum_declaration":                  kindType,
		"delegate_declaration":              kindType,
		"method_declaration":                method,
		"constructor_declaration":           method,
		"destructor_declaration":            method,
		"operator_declaration":              method.named("operator"),
		"conversion_operator_declaration":   method.named("type"),
		"indexer_declaration":               method.named(nameless),
		"local_function_statement":          function,
		"property_declaration":              variable,
		"event_declaration":                 variable,
		"field_declaration":                 wraps,
		"event_field_declaration":           wraps,
		"variable_declaration":              wraps,
		"variable_declarator":               variable,
	},
	"Ruby": {
		"comment":          aside,
		"module":           namespace,
		"class":            kindType,
		"singleton_class":  kindType.named("value"),
		"method":           function,
		"singleton_method": function,
		"assignment":       variable.named("left"),
	},
	"PHP": {
		"comment":                   aside,
		"php_tag":                   header,
		"declare_statement":         header,
		"namespace_use_declaration": header,
		"namespace_definition":      namespace,
		"class_declaration":         kindType,
		"interface_declaration":     kindType,
		"trait_declaration":         kindType,
		"enum_declaration":          kindType,
		"function_definition":       function,
		"method_declaration":        method,
		"property_declaration":      wraps,
		"property_element":          variable,
		"const_declaration":         wraps,
		"const_element":             constant,
		"expression_statement":      wraps,
		"assignment_expression":     variable.named("left"),
	},
	"Kotlin": {
		"line_comment":          aside,
		"block_comment":         aside,
		"file_annotation":       header,
		"package_header":        header.named(""),
		"import":                header,
		"class_declaration":     kindType,
		"object_declaration":    kindType,
		"companion_object":      kindType,
		"type_alias":            kindType.named("type"),
		"function_declaration":  function,
		"secondary_constructor": method.named(nameless),
		"property_declaration":  wraps,
		"variable_declaration":  variable,
	},
	"Scala": {
		"comment":              aside,
		"block_comment":        aside,
		"import_declaration":   header,
		"export_declaration":   header,
		"package_clause":       namespace,
		"package_object":       namespace,
		"object_definition":    kindType,
		"class_definition":     kindType,
		"trait_definition":     kindType,
		"enum_definition":      kindType,
		"given_definition":     kindType,
		"extension_definition": kindType.named(nameless),
		"type_definition":      kindType,
		"function_definition":  function,
		"function_declaration": function,
		"val_definition":       variable.named("pattern"),
		"val_declaration":      variable,
		"var_definition":       variable.named("pattern"),
		"var_declaration":      variable,
	},
	"Shell": {
		"comment":             aside,
		"function_definition": function,
		"variable_assignment": variable,
		"declaration_command": wraps,
	},
}

// typed holds the additions of TypeScript to JavaScript.
var typed = map[string]rule{
	"abstract_class_declaration": kindType,
	"interface_declaration":      kindType,
	"enum_declaration":           kindType,
	"type_alias_declaration":     kindType,
	"internal_module":            namespace,
	"module":                     namespace,
	"ambient_declaration":        wraps,
	"function_signature":         function,
	"method_signature":           method,
	"abstract_method_signature":  method,
	"public_field_definition":    variable,
	"import_alias":               header,
}

// ecma returns the rules of JavaScript and more.
func ecma(more map[string]rule) map[string]rule {
	all := map[string]rule{
		"comment":                        aside,
		"decorator":                      aside,
		"hash_bang_line":                 header,
		"import_statement":               header,
		"export_statement":               wraps,
		"expression_statement":           wraps,
		"function_declaration":           function,
		"generator_function_declaration": function,
		"class_declaration":              kindType,
		"method_definition":              method,
		"lexical_declaration":            wraps,
		"variable_declaration":           wraps,
		"variable_declarator":            variable,
		"assignment_expression":          variable.named("left"),
	}
	if more == nil {
		all["field_definition"] = variable.named("property")
	}
	for kind, r := range more {
		all[kind] = r
	}
	return all
}

// clike returns the rules of C and more.
func clike(more map[string]rule) map[string]rule {
	all := map[string]rule{
		"comment":               aside,
		"attribute_declaration": aside,
		"preproc_include":       header,
		"preproc_def":           constant,
		"preproc_function_def":  function,
		"function_definition":   function.named("declarator"),
		"declaration":           variable.named("declarator"),
		"field_declaration":     variable.named("declarator"),
		"type_definition":       kindType.named("declarator"),
		"struct_specifier":      kindType,
		"union_specifier":       kindType,
		"enum_specifier":        kindType,
		"linkage_specification": through,
		"preproc_if":            through,
		"preproc_ifdef":         through,
		"preproc_else":          through,
		"preproc_elif":          through,
		"preproc_elifdef":       through,
	}
	for kind, r := range more {
		all[kind] = r
	}
	return all
}
