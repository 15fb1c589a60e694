package fact

import "strings"

var python = &language{
	builtin: names(`None True False print len range str int float bool list dict set tuple isinstance issubclass super type object open
enumerate zip map filter sorted reversed min max sum any all abs getattr setattr hasattr delattr repr iter next id hash callable vars dir
property staticmethod classmethod bytes bytearray memoryview frozenset format input round divmod pow ord chr bin hex oct slice complex
Exception ValueError TypeError KeyError IndexError AttributeError RuntimeError NotImplementedError StopIteration OSError IOError
ImportError ModuleNotFoundError AssertionError LookupError UnicodeError UnicodeDecodeError FileNotFoundError PermissionError TimeoutError
ConnectionError NotImplemented Ellipsis BaseException KeyboardInterrupt SystemExit GeneratorExit ArithmeticError ZeroDivisionError
OverflowError StopAsyncIteration Warning DeprecationWarning UserWarning FutureWarning RuntimeWarning __name__ __file__ __doc__ __all__
globals locals exec eval compile __import__ Any`),
	receiver: true, declares: true, loops: true, fields: true, docs: true,
	selfs: map[string]bool{}, supers: map[string]bool{"super": true},
	visible: func(name, _ string) Visibility {
		if strings.HasPrefix(name, "_") && !strings.HasSuffix(name, "__") {
			return Private
		}
		return Public
	},
	imports: pythonImports,
	rules: map[string]rule{
		"comment":                  {do: actComment},
		"string":                   {do: actNone, as: asSkip},
		"function_definition":      {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"class_definition":         {do: actDefine, kind: KindType, name: "name", body: "body", bases: "superclasses"},
		"argument_list":            {do: actNone},
		"lambda":                   {do: actFunction, params: "parameters"},
		"typed_parameter":          {do: actParam, name: "#0", typ: "type"},
		"default_parameter":        {do: actParam, name: "name", value: "value"},
		"typed_default_parameter":  {do: actParam, name: "name", typ: "type", value: "value"},
		"list_splat_pattern":       {do: actPattern},
		"dictionary_splat_pattern": {do: actPattern},
		"tuple_pattern":            {do: actPattern},
		"pattern_list":             {do: actPattern},
		"list_pattern":             {do: actPattern},
		"expression_list":          {do: actPattern},
		"assignment":               {do: actAssign, name: "left", typ: "type", value: "right"},
		"named_expression":         {do: actAssign, name: "name", value: "value"},
		"for_statement":            {do: actFor, name: "left", value: "right"},
		"for_in_clause":            {do: actFor, name: "left", value: "right"},
		"list_comprehension":       {do: actComprehension},
		"set_comprehension":        {do: actComprehension},
		"dictionary_comprehension": {do: actComprehension},
		"generator_expression":     {do: actComprehension},
		"as_pattern":               {do: actAssign, name: "alias", value: "#0"},
		"as_pattern_target":        {do: actPattern},
		"call":                     {do: actCall, name: "function"},
		"attribute":                {do: actMember, as: asMember, object: "object", name: "attribute"},
		"subscript":                {do: actElement, value: "value", as: asGeneric, object: "value"},
		"generic_type":             {do: actType, as: asGeneric},
		"binary_operator":          {as: asUnion},
		"union_type":               {do: actType, as: asUnion},
		"type":                     {do: actTypes},
		"await":                    {do: actValue},
		"parenthesized_expression": {do: actValue},
		"list":                     {do: actList},
		"identifier":               {do: actName, as: asName},
		"none":                     {as: asSkip},
		"keyword_argument":         {do: actPair, value: "value", as: asSkip},
		"import_statement":         {do: actImport},
		"import_from_statement":    {do: actImport},
		"future_import_statement":  {do: actSkip},
		"global_statement":         {do: actSkip},
		"nonlocal_statement":       {do: actSkip},
	},
}

func pythonImports(w *walker, n int) {
	if from := w.child(n, "module_name"); from != 0 {
		module := strings.Join(strings.Fields(w.text(from)), "")
		for _, c := range w.list(n) {
			switch {
			case w.kind(c) == "wildcard_import":
				w.imports(Import{Module: module, Name: "*"}, w.start(c))
			case w.field(c) == "name":
				name, local := w.aliased(c)
				w.imports(Import{Module: module, Name: name, Local: local}, w.start(c))
			}
		}
		return
	}
	for _, c := range w.list(n) {
		if w.field(c) == "name" {
			name, local := w.aliased(c)
			w.imports(Import{Module: name, Local: local}, w.start(c))
		}
	}
}

// aliased returns a name, and its alias in this text.
func (w *walker) aliased(n int) (name, local string) {
	if at := w.child(n, "name"); at != 0 {
		name = w.text(at)
		if alias := w.child(n, "alias"); alias != 0 {
			return name, w.text(alias)
		}
		return name, name
	}
	return w.text(n), w.text(n)
}

var ecma = &language{
	builtin: names(`undefined null NaN Infinity console window document globalThis global process Object Array String Number Boolean
Function Symbol Error TypeError RangeError SyntaxError Promise Map Set WeakMap WeakSet Date RegExp JSON Math Reflect Proxy Intl BigInt
parseInt parseFloat isNaN isFinite setTimeout setInterval clearTimeout clearInterval queueMicrotask structuredClone fetch URL
URLSearchParams TextEncoder TextDecoder Buffer Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array
Float64Array ArrayBuffer DataView require module exports arguments Iterable Iterator Partial Record Pick Omit Readonly Required Exclude
Extract NonNullable ReturnType Parameters Awaited PropertyKey any unknown never void string number boolean object symbol bigint`),
	selfs: map[string]bool{"this": true}, supers: map[string]bool{"super": true}, fields: true,
	visible: func(name, modifiers string) Visibility {
		switch {
		case strings.HasPrefix(name, "#"):
			return Private
		case strings.Contains(modifiers, "export"):
			return Public
		}
		return said(modifiers, Public)
	},
	imports: ecmaImports, requires: ecmaRequires,
	rules: map[string]rule{
		"comment":                               {do: actComment},
		"export_statement":                      {do: actExport},
		"import_statement":                      {do: actImport},
		"function_declaration":                  {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"generator_function_declaration":        {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"function_signature":                    {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters"},
		"method_definition":                     {do: actDefine, kind: KindMethod, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"method_signature":                      {do: actDefine, kind: KindMethod, name: "name", typ: "return_type", params: "parameters"},
		"abstract_method_signature":             {do: actDefine, kind: KindMethod, name: "name", typ: "return_type", params: "parameters"},
		"class_declaration":                     {do: actDefine, kind: KindType, name: "name", body: "body"},
		"class":                                 {do: actDefine, kind: KindType, name: "name", body: "body"},
		"abstract_class_declaration":            {do: actDefine, kind: KindType, name: "name", body: "body"},
		"interface_declaration":                 {do: actDefine, kind: KindType, name: "name", body: "body"},
		"enum_declaration":                      {do: actDefine, kind: KindType, name: "name", body: "body"},
		"type_alias_declaration":                {do: actDefine, kind: KindType, name: "name", typ: "value"},
		"internal_module":                       {do: actDefine, kind: KindModule, name: "name", body: "body"},
		"module":                                {do: actDefine, kind: KindModule, name: "name", body: "body", needs: "body"},
		"enum_body":                             {do: actMembers},
		"enum_assignment":                       {do: actBind, kind: KindConst, name: "name", value: "value"},
		"public_field_definition":               {do: actBind, kind: KindField, name: "name", typ: "type", value: "value"},
		"field_definition":                      {do: actBind, kind: KindField, name: "property", value: "value"},
		"property_signature":                    {do: actBind, kind: KindField, name: "name", typ: "type"},
		"lexical_declaration":                   {},
		"variable_declaration":                  {},
		"variable_declarator":                   {do: actBind, kind: KindVar, name: "name", typ: "type", value: "value"},
		"class_heritage":                        {do: actBases},
		"extends_clause":                        {do: actType},
		"extends_type_clause":                   {do: actBases},
		"implements_clause":                     {do: actType},
		"arrow_function":                        {do: actFunction, params: "parameters", body: "body"},
		"return_statement":                      {do: actReturn},
		"object":                                {do: actObject},
		"function_expression":                   {do: actFunction, params: "parameters", body: "body"},
		"generator_function":                    {do: actFunction, params: "parameters", body: "body"},
		"required_parameter":                    {do: actParam, name: "pattern", typ: "type", value: "value", isField: isParameterProperty},
		"optional_parameter":                    {do: actParam, name: "pattern", typ: "type", value: "value", isField: isParameterProperty},
		"assignment_pattern":                    {do: actParam, name: "left", value: "right"},
		"rest_pattern":                          {do: actPattern},
		"object_pattern":                        {do: actPattern},
		"array_pattern":                         {do: actPattern},
		"pair_pattern":                          {do: actPattern},
		"object_assignment_pattern":             {do: actPattern},
		"shorthand_property_identifier_pattern": {do: actShorthand},
		"shorthand_property_identifier":         {do: actName},
		"for_in_statement":                      {do: actFor, name: "left", value: "right"},
		"catch_clause":                          {do: actFunction, params: "parameter"},
		"assignment_expression":                 {do: actAssign, name: "left", value: "right"},
		"augmented_assignment_expression":       {do: actAssign, name: "left", value: "right"},
		"call_expression":                       {do: actCall, name: "function"},
		"member_expression":                     {do: actMember, as: asMember, object: "object", name: "property"},
		"nested_identifier":                     {do: actMember, as: asMember, object: "object", name: "property"},
		"nested_type_identifier":                {do: actMember, as: asMember, object: "module", name: "name", typed: true},
		"new_expression":                        {do: actNew, typ: "constructor"},
		"as_expression":                         {do: actCast, value: "#0", typ: "#1"},
		"satisfies_expression":                  {do: actValue},
		"type_assertion":                        {do: actCast, value: "#1", typ: "#0"},
		"non_null_expression":                   {do: actValue},
		"parenthesized_expression":              {do: actValue},
		"await_expression":                      {do: actElement},
		"subscript_expression":                  {do: actElement, value: "object"},
		"array":                                 {do: actList},
		"this":                                  {do: actName},
		"super":                                 {do: actName},
		"identifier":                            {do: actName, as: asName},
		"property_identifier":                   {do: actSkip},
		"private_property_identifier":           {do: actSkip},
		"type_identifier":                       {do: actTypeName, as: asName},
		"type_annotation":                       {do: actTypes},
		"generic_type":                          {do: actType, as: asGeneric},
		"array_type":                            {do: actTypes, as: asList},
		"readonly_type":                         {do: actTypes},
		"union_type":                            {do: actTypes, as: asUnion},
		"intersection_type":                     {do: actTypes},
		"object_type":                           {do: actTypes, as: asSkip},
		"function_type":                         {do: actFunction, params: "parameters", as: asSkip},
		"predefined_type":                       {do: actSkip, as: asSkip},
		"literal_type":                          {do: actSkip, as: asSkip},
		"type_arguments":                        {do: actTypes, as: asSkip},
		"type_query":                            {do: actNone, as: asSkip},
		"conditional_type":                      {do: actTypes, as: asSkip},
		"type_parameters":                       {do: actTypes},
		"type_parameter":                        {do: actPair, value: "constraint", typ: "value"},
		"call_signature":                        {do: actFunction, params: "parameters"},
		"construct_signature":                   {do: actFunction, params: "parameters"},
		"jsx_opening_element":                   {do: actCall, name: "name"},
		"jsx_self_closing_element":              {do: actCall, name: "name"},
		"jsx_closing_element":                   {do: actSkip},
		"labeled_statement":                     {},
		"statement_identifier":                  {do: actSkip},
	},
}

// typescript is JavaScript with types. A member of the object that is assigned must have been declared.
var typescript = func() *language {
	l := *ecma
	l.fields, l.contextual = false, true
	return &l
}()

// isParameterProperty says whether a parameter of a constructor declares a field.
func isParameterProperty(w *walker, n int) bool {
	text := w.text(n)
	return w.child(n, "#0") != 0 && (w.kind(w.child(n, "#0")) == "accessibility_modifier" || strings.HasPrefix(text, "readonly "))
}

func ecmaImports(w *walker, n int) {
	source := w.child(n, "source")
	if source == 0 {
		return
	}
	module := strings.Trim(w.text(source), "\"'`")
	plainImport := true
	for _, clause := range w.list(n) {
		if w.kind(clause) != "import_clause" {
			continue
		}
		plainImport = false
		for _, c := range w.list(clause) {
			switch w.kind(c) {
			case "identifier":
				w.imports(Import{Module: module, Name: "default", Local: w.text(c)}, w.start(c))
			case "namespace_import":
				w.imports(Import{Module: module, Local: w.text(w.child(c, "#0"))}, w.start(c))
			case "named_imports":
				for _, s := range w.list(c) {
					name, local := w.aliased(s)
					w.imports(Import{Module: module, Name: name, Local: local}, w.start(s))
				}
			}
		}
	}
	if plainImport {
		w.imports(Import{Module: module}, w.start(n))
	}
}

// exports notes the names that a text exports from another one.
func (w *walker) exports(n int) {
	source := w.child(n, "source")
	if source == 0 {
		w.ownExports(n)
		return
	}
	module := strings.Trim(w.text(source), "\"'`")
	named := false
	for _, clause := range w.list(n) {
		switch w.kind(clause) {
		case "export_clause":
			named = true
			for _, s := range w.list(clause) {
				name, local := w.aliased(s)
				w.imports(Import{Module: module, Name: name, Local: local}, w.start(s))
			}
		case "namespace_export":
			named = true
			w.imports(Import{Module: module, Local: w.text(w.child(clause, "#0"))}, w.start(clause))
		}
	}
	if !named {
		w.imports(Import{Module: module, Name: "*"}, w.start(n))
	}
}

// OwnModule is the module of an import that hands on a definition of its own text.
const OwnModule = "#"

// ownExports notes definitions that a text exports under another name.
func (w *walker) ownExports(n int) {
	if strings.HasPrefix(w.text(n), "export default") {
		name := w.child(n, "value")
		if of := w.child(n, "declaration"); of != 0 {
			name = w.child(of, "name")
		}
		if name != 0 && w.does(name) != actNone {
			w.imports(Import{Module: OwnModule, Name: w.text(name), Local: "default"}, w.start(n))
		}
		return
	}
	for _, clause := range w.list(n) {
		if w.kind(clause) != "export_clause" {
			continue
		}
		for _, s := range w.list(clause) {
			if name, local := w.aliased(s); name != local {
				w.imports(Import{Module: OwnModule, Name: name, Local: local}, w.start(s))
			}
		}
	}
}

// ecmaRequires notes variables that require gives a module.
func ecmaRequires(w *walker, name, value int) bool {
	if value == 0 || w.kind(value) != "call_expression" || name == 0 {
		return false
	}
	arguments := w.child(value, "arguments")
	if f := w.child(value, "function"); f == 0 || w.text(f) != "require" || arguments == 0 || len(w.list(arguments)) != 1 {
		return false
	}
	source := w.child(arguments, "#0")
	if w.kind(source) != "string" {
		return false
	}
	module := strings.Trim(w.text(source), "\"'`")
	if w.does(name) == actName {
		w.imports(Import{Module: module, Local: w.text(name)}, w.start(name))
		return true
	}
	for _, c := range w.list(name) {
		if w.does(c) == actShorthand {
			w.imports(Import{Module: module, Name: w.text(c), Local: w.text(c)}, w.start(c))
		}
	}
	return true
}

var ruby = &language{
	builtin: names(`puts print p raise require require_relative nil true false loop lambda proc attr_reader attr_writer attr_accessor
private public protected module_function include extend prepend define_method alias_method __FILE__ __dir__ block_given? freeze format
sprintf rand sleep exit abort at_exit catch throw binding caller private_constant class_eval instance_eval`),
	selfs: map[string]bool{"self": true}, supers: map[string]bool{}, declares: true,
	visible: func(name, _ string) Visibility { return Public },
	rules: map[string]rule{
		"comment":                  {do: actComment},
		"module":                   {do: actDefine, kind: KindType, name: "name", body: "body"},
		"class":                    {do: actDefine, kind: KindType, name: "name", body: "body"},
		"superclass":               {do: actBases},
		"method":                   {do: actDefine, kind: KindMethod, name: "name", params: "parameters", body: "body"},
		"singleton_method":         {do: actDefine, kind: KindMethod, name: "name", params: "parameters", body: "body"},
		"method_parameters":        {},
		"block":                    {do: actFunction, params: "parameters"},
		"do_block":                 {do: actFunction, params: "parameters"},
		"lambda":                   {do: actFunction, params: "parameters"},
		"optional_parameter":       {do: actParam, name: "name", value: "value"},
		"keyword_parameter":        {do: actParam, name: "name", value: "value"},
		"splat_parameter":          {do: actParam, name: "name"},
		"hash_splat_parameter":     {do: actParam, name: "name"},
		"block_parameter":          {do: actParam, name: "name"},
		"destructured_parameter":   {do: actPattern},
		"assignment":               {do: actAssign, name: "left", value: "right"},
		"operator_assignment":      {do: actAssign, name: "left", value: "right"},
		"left_assignment_list":     {do: actPattern},
		"for":                      {do: actFor, name: "pattern", value: "value"},
		"exception_variable":       {do: actParam, name: "#0"},
		"call":                     {do: actCall, object: "receiver", name: "method"},
		"scope_resolution":         {do: actMember, as: asMember, object: "scope", name: "name"},
		"element_reference":        {do: actElement, value: "object"},
		"instance_variable":        {do: actSelfField},
		"identifier":               {do: actName, as: asName},
		"constant":                 {do: actName, as: asName},
		"self":                     {do: actName},
		"super":                    {do: actName},
		"parenthesized_statements": {do: actValue},
	},
}

var php = &language{
	builtin: names(`null true false self static parent isset empty count strlen array_map array_filter array_merge in_array is_array
is_string sprintf printf implode explode str_replace substr trim json_encode json_decode string int float bool array mixed void never
callable iterable object`),
	selfs: map[string]bool{"$this": true, "self": true, "static": true}, supers: map[string]bool{"parent": true}, declares: true, dollar: true,
	visible: func(_, modifiers string) Visibility { return said(modifiers, Public) },
	imports: phpImports,
	rules: map[string]rule{
		"comment":                           {do: actComment},
		"namespace_definition":              {do: actPackage, name: "name"},
		"namespace_use_declaration":         {do: actImport},
		"class_declaration":                 {do: actDefine, kind: KindType, name: "name", body: "body"},
		"interface_declaration":             {do: actDefine, kind: KindType, name: "name", body: "body"},
		"trait_declaration":                 {do: actDefine, kind: KindType, name: "name", body: "body"},
		"enum_declaration":                  {do: actDefine, kind: KindType, name: "name", body: "body"},
		"base_clause":                       {do: actBases},
		"class_interface_clause":            {do: actBases},
		"use_declaration":                   {do: actBases},
		"function_definition":               {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"method_declaration":                {do: actDefine, kind: KindMethod, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"property_declaration":              {do: actBind, kind: KindField, name: "#-1", typ: "type"},
		"property_element":                  {do: actDeclared, name: "name", value: "default_value"},
		"const_declaration":                 {do: actBind, kind: KindConst, name: "#-1"},
		"const_element":                     {do: actDeclared, name: "#0", value: "#1"},
		"enum_case":                         {do: actBind, kind: KindConst, name: "name", value: "value"},
		"simple_parameter":                  {do: actParam, name: "name", typ: "type", value: "default_value"},
		"variadic_parameter":                {do: actParam, name: "name", typ: "type", spread: true},
		"property_promotion_parameter":      {do: actParam, name: "name", typ: "type", value: "default_value", isField: func(*walker, int) bool { return true }},
		"anonymous_function":                {do: actFunction, params: "parameters"},
		"arrow_function":                    {do: actFunction, params: "parameters"},
		"foreach_statement":                 {do: actFor, name: "#1", value: "#0"},
		"pair":                              {do: actPattern},
		"catch_clause":                      {do: actParam, name: "name", typ: "type"},
		"type_list":                         {do: actTypes, as: asUnion},
		"assignment_expression":             {do: actAssign, name: "left", value: "right"},
		"list_literal":                      {do: actPattern},
		"function_call_expression":          {do: actCall, name: "function"},
		"member_call_expression":            {do: actCall, object: "object", name: "name"},
		"nullsafe_member_call_expression":   {do: actCall, object: "object", name: "name"},
		"scoped_call_expression":            {do: actCall, object: "scope", name: "name"},
		"member_access_expression":          {do: actMember, object: "object", name: "name"},
		"nullsafe_member_access_expression": {do: actMember, object: "object", name: "name"},
		"scoped_property_access_expression": {do: actMember, object: "scope", name: "name"},
		"class_constant_access_expression":  {do: actMember, object: "#0", name: "#1"},
		"object_creation_expression":        {do: actNew, typ: "#0"},
		"subscript_expression":              {do: actElement},
		"parenthesized_expression":          {do: actValue},
		"clone_expression":                  {do: actValue},
		"named_type":                        {do: actTypes},
		"optional_type":                     {do: actTypes},
		"union_type":                        {do: actTypes, as: asUnion},
		"primitive_type":                    {do: actSkip, as: asSkip},
		"qualified_name":                    {do: actTypeName, as: asName},
		"relative_scope":                    {do: actName, as: asName},
		"name":                              {do: actName, as: asName},
		"variable_name":                     {do: actName},
	},
}

func phpImports(w *walker, n int) {
	prefix := ""
	var visit func(n int)
	visit = func(n int) {
		for _, c := range w.list(n) {
			switch w.kind(c) {
			case "namespace_name":
				prefix = strings.ReplaceAll(w.text(c), `\`, ".") + "."
			case "namespace_use_group":
				visit(c)
			case "namespace_use_clause":
				local := ""
				whole := prefix
				if alias := w.child(c, "alias"); alias != 0 {
					local = w.text(alias)
				}
				if first := w.child(c, "#0"); first != 0 {
					whole += strings.ReplaceAll(strings.TrimPrefix(w.text(first), `\`), `\`, ".")
				}
				w.importWhole(whole, local, w.start(c))
			}
		}
	}
	visit(n)
}

// importWhole imports the last name of a path.
func (w *walker) importWhole(whole, local string, at int) {
	i := strings.LastIndexByte(whole, '.')
	name := whole[i+1:]
	if local == "" {
		local = name
	}
	if i < 0 {
		w.imports(Import{Module: name, Local: local}, at)
		return
	}
	w.imports(Import{Module: whole[:i], Name: name, Local: local}, at)
}
