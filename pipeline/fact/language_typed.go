package fact

import "strings"

var java = &language{
	builtin: names(`String Object Integer Long Double Float Boolean Character Byte Short Number Math System Override Deprecated
SuppressWarnings FunctionalInterface Thread Runnable Exception RuntimeException IllegalArgumentException IllegalStateException
NullPointerException UnsupportedOperationException Throwable Error StringBuilder CharSequence Iterable Comparable Class Void Enum
InterruptedException ClassCastException IndexOutOfBoundsException AssertionError AutoCloseable Cloneable`),
	selfs: map[string]bool{"this": true}, supers: map[string]bool{"super": true}, inferred: map[string]bool{"var": true}, closed: true,
	visible: func(_, modifiers string) Visibility { return said(modifiers, Internal) },
	imports: func(w *walker, n int) {
		path := w.child(n, "#0")
		if path == 0 {
			return
		}
		whole := strings.Join(strings.Fields(w.text(path)), "")
		if last := w.child(n, "#-1"); w.kind(last) == "asterisk" {
			w.imports(Import{Module: whole, Name: "*"}, w.start(n))
			return
		}
		w.importWhole(whole, "", w.start(n))
	},
	rules: map[string]rule{
		"line_comment":                        {do: actComment},
		"block_comment":                       {do: actComment},
		"package_declaration":                 {do: actPackage, name: "#-1"},
		"import_declaration":                  {do: actImport},
		"class_declaration":                   {do: actDefine, kind: KindType, name: "name", body: "body"},
		"interface_declaration":               {do: actDefine, kind: KindType, name: "name", body: "body"},
		"enum_declaration":                    {do: actDefine, kind: KindType, name: "name", body: "body"},
		"record_declaration":                  {do: actDefine, kind: KindType, name: "name", body: "body", params: "parameters"},
		"annotation_type_declaration":         {do: actDefine, kind: KindType, name: "name", body: "body"},
		"method_declaration":                  {do: actDefine, kind: KindMethod, name: "name", typ: "type", params: "parameters", body: "body"},
		"constructor_declaration":             {do: actDefine, kind: KindMethod, name: "name", params: "parameters", body: "body"},
		"compact_constructor_declaration":     {do: actDefine, kind: KindMethod, name: "name", body: "body"},
		"annotation_type_element_declaration": {do: actDefine, kind: KindMethod, name: "name", typ: "type"},
		"superclass":                          {do: actBases},
		"super_interfaces":                    {do: actBases},
		"extends_interfaces":                  {do: actBases},
		"type_list":                           {do: actType},
		"field_declaration":                   {do: actBind, kind: KindField, name: "declarator", typ: "type"},
		"constant_declaration":                {do: actBind, kind: KindConst, name: "declarator", typ: "type"},
		"local_variable_declaration":          {do: actBind, name: "declarator", typ: "type"},
		"variable_declarator":                 {do: actDeclared, name: "name", value: "value"},
		"enum_constant":                       {do: actBind, kind: KindConst, name: "name"},
		"formal_parameter":                    {do: actParam, name: "name", typ: "type"},
		"spread_parameter":                    {do: actParam, name: "#-1", typ: "#0", spread: true},
		"inferred_parameters":                 {do: actPattern},
		"resource":                            {do: actBind, name: "name", typ: "type", value: "value"},
		"catch_formal_parameter":              {do: actParam, name: "name", typ: "#0"},
		"catch_type":                          {do: actTypes, as: asUnion},
		"lambda_expression":                   {do: actFunction, params: "parameters"},
		"enhanced_for_statement":              {do: actFor, name: "name", typ: "type", value: "value"},
		"assignment_expression":               {do: actAssign, name: "left", value: "right"},
		"method_invocation":                   {do: actCall, object: "object", name: "name"},
		"field_access":                        {do: actMember, object: "object", name: "field"},
		"method_reference":                    {do: actMember, object: "#0", name: "#1"},
		"scoped_identifier":                   {do: actMember, as: asMember, object: "scope", name: "name"},
		"scoped_type_identifier":              {do: actMember, as: asMember, object: "#0", name: "#-1", typed: true},
		"object_creation_expression":          {do: actNew, typ: "type"},
		"cast_expression":                     {do: actCast, typ: "type", value: "value"},
		"instanceof_expression":               {do: actCast, typ: "right", value: "left", name: "name"},
		"array_access":                        {do: actElement, value: "array"},
		"parenthesized_expression":            {do: actValue},
		"generic_type":                        {do: actType, as: asGeneric},
		"array_type":                          {do: actTypes, as: asList, typ: "element"},
		"type_arguments":                      {do: actTypes, as: asSkip},
		"type_parameters":                     {do: actSkip},
		"marker_annotation":                   {do: actPair, value: "name"},
		"string_literal":                      {do: actSkip, of: "String"},
		"class_literal":                       {of: "Class"},
		"integral_type":                       {do: actSkip, as: asSkip},
		"floating_point_type":                 {do: actSkip, as: asSkip},
		"boolean_type":                        {do: actSkip, as: asSkip},
		"void_type":                           {do: actSkip, as: asSkip},
		"this":                                {do: actName},
		"super":                               {do: actName},
		"identifier":                          {do: actName, as: asName},
		"type_identifier":                     {do: actTypeName, as: asName},
		"element_value_pair":                  {do: actPair, value: "value"},
	},
}

var rust = &language{
	builtin: names(`self Self Some None Ok Err Vec String Box Option Result u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool
char str println print format vec panic assert assert_eq assert_ne debug_assert eprintln write writeln todo unimplemented unreachable matches
dbg include_str include_bytes env concat stringify drop Clone Copy Debug Default PartialEq Eq PartialOrd Ord Hash Send Sync Sized Iterator
IntoIterator From Into TryFrom TryInto AsRef AsMut Drop Fn FnMut FnOnce ToString ToOwned Display derive`),
	selfs: map[string]bool{"self": true, "Self": true}, outside: true,
	visible: func(_, modifiers string) Visibility {
		switch {
		case strings.Contains(modifiers, "pub("):
			return Internal
		case strings.Contains(modifiers, "pub"):
			return Public
		}
		return Private
	},
	imports: rustImports,
	rules: map[string]rule{
		"line_comment":                {do: actComment},
		"block_comment":               {do: actComment},
		"attribute_item":              {do: actSkip},
		"inner_attribute_item":        {do: actSkip},
		"use_declaration":             {do: actImport},
		"extern_crate_declaration":    {do: actImport},
		"mod_item":                    {do: actDefine, kind: KindModule, name: "name", body: "body"},
		"function_item":               {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"function_signature_item":     {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters"},
		"macro_definition":            {do: actDefine, kind: KindFunction, name: "name"},
		"struct_item":                 {do: actDefine, kind: KindType, name: "name", body: "body"},
		"union_item":                  {do: actDefine, kind: KindType, name: "name", body: "body"},
		"enum_item":                   {do: actDefine, kind: KindType, name: "name", body: "body"},
		"trait_item":                  {do: actDefine, kind: KindType, name: "name", body: "body"},
		"type_item":                   {do: actDefine, kind: KindType, name: "name", typ: "type"},
		"associated_type":             {do: actDefine, kind: KindType, name: "name"},
		"enum_variant":                {do: actDefine, kind: KindConst, name: "name", body: "body"},
		"trait_bounds":                {do: actBases},
		"impl_item":                   {do: actImpl, typ: "type", value: "trait"},
		"field_declaration":           {do: actBind, kind: KindField, name: "name", typ: "type"},
		"const_item":                  {do: actBind, kind: KindConst, name: "name", typ: "type", value: "value"},
		"static_item":                 {do: actBind, kind: KindVar, name: "name", typ: "type", value: "value"},
		"let_declaration":             {do: actBind, name: "pattern", typ: "type", value: "value"},
		"parameter":                   {do: actParam, name: "pattern", typ: "type"},
		"visibility_modifier":         {do: actSkip, as: asSkip},
		"self_parameter":              {do: actSkip},
		"closure_expression":          {do: actFunction, params: "parameters"},
		"for_expression":              {do: actFor, name: "pattern", value: "value"},
		"let_condition":               {do: actBind, name: "pattern", value: "value"},
		"match_arm":                   {do: actFunction, params: "pattern"},
		"match_pattern":               {do: actPattern},
		"tuple_struct_pattern":        {do: actPattern},
		"struct_pattern":              {do: actPattern},
		"field_pattern":               {do: actPattern},
		"tuple_pattern":               {do: actPattern},
		"ref_pattern":                 {do: actPattern},
		"mut_pattern":                 {do: actPattern},
		"reference_pattern":           {do: actPattern},
		"or_pattern":                  {do: actPattern},
		"captured_pattern":            {do: actPattern},
		"slice_pattern":               {do: actPattern},
		"shorthand_field_identifier":  {do: actShorthand},
		"shorthand_field_initializer": {do: actValue},
		"assignment_expression":       {do: actAssign, name: "left", value: "right"},
		"call_expression":             {do: actCall, name: "function"},
		"macro_invocation":            {do: actCall, name: "macro"},
		"generic_function":            {do: actValue, value: "function"},
		"field_expression":            {do: actMember, object: "value", name: "field"},
		"scoped_identifier":           {do: actMember, as: asMember, object: "path", name: "name"},
		"scoped_type_identifier":      {do: actMember, as: asMember, object: "path", name: "name", typed: true},
		"struct_expression":           {do: actNew, typ: "name"},
		"field_initializer":           {do: actPair, value: "value"},
		"type_cast_expression":        {do: actCast, typ: "type", value: "value"},
		"try_expression":              {do: actElement},
		"await_expression":            {do: actElement},
		"index_expression":            {do: actElement},
		"reference_expression":        {do: actValue, value: "value"},
		"unary_expression":            {do: actValue},
		"parenthesized_expression":    {do: actValue},
		"reference_type":              {do: actTypes, as: asNone},
		"pointer_type":                {do: actTypes},
		"generic_type":                {do: actType, as: asGeneric},
		"array_type":                  {do: actTypes, as: asList},
		"dynamic_type":                {do: actTypes},
		"abstract_type":               {do: actTypes},
		"type_arguments":              {do: actTypes, as: asSkip},
		"type_parameters":             {do: actSkip},
		"mutable_specifier":           {do: actSkip, as: asSkip},
		"lifetime":                    {do: actSkip, as: asSkip},
		"tuple_type":                  {do: actTypes, as: asSkip},
		"primitive_type":              {do: actSkip, as: asSkip},
		"token_tree":                  {do: actNone},
		"self":                        {do: actName},
		"crate":                       {do: actName, as: asName},
		"super":                       {do: actName, as: asName},
		"identifier":                  {do: actName, as: asName},
		"type_identifier":             {do: actTypeName, as: asName},
		"field_identifier":            {do: actSkip},
	},
}

func rustImports(w *walker, n int) {
	var visit func(n int, path string, deep int)
	visit = func(n int, path string, deep int) {
		if n == 0 || deep > maxDepth/10 {
			return
		}
		join := func(name string) string {
			name = strings.ReplaceAll(strings.Join(strings.Fields(name), ""), "::", ".")
			if path == "" {
				return name
			}
			return path + "." + name
		}
		switch w.kind(n) {
		case "scoped_use_list":
			if p := w.child(n, "path"); p != 0 {
				path = join(w.text(p))
			}
			visit(w.child(n, "list"), path, deep+1)
		case "use_list":
			for _, c := range w.list(n) {
				visit(c, path, deep+1)
			}
		case "use_as_clause":
			w.importWhole(join(w.text(w.child(n, "path"))), w.text(w.child(n, "alias")), w.start(n))
		case "use_wildcard":
			if p := w.child(n, "#0"); p != 0 {
				w.imports(Import{Module: join(w.text(p)), Name: "*"}, w.start(n))
			}
		case "self":
			w.importWhole(path, "", w.start(n))
		case "identifier", "scoped_identifier", "crate", "super":
			w.importWhole(join(w.text(n)), "", w.start(n))
		}
	}
	visit(w.child(n, "argument"), "", 0)
	if name := w.child(n, "name"); name != 0 {
		w.importWhole(w.text(name), "", w.start(n))
	}
}

var csharp = &language{
	builtin: names(`string int long bool double float decimal object byte char void var dynamic String Int32 Int64 Boolean Object Exception
Console Math Task ArgumentException ArgumentNullException InvalidOperationException nameof Type Guid DateTime TimeSpan Nullable`),
	selfs: map[string]bool{"this": true}, supers: map[string]bool{"base": true}, inferred: map[string]bool{"var": true},
	visible: func(_, modifiers string) Visibility { return said(modifiers, Internal) },
	imports: func(w *walker, n int) {
		path, local := w.child(n, "#-1"), ""
		if path == 0 {
			return
		}
		whole := strings.Join(strings.Fields(w.text(path)), "")
		if alias := w.child(n, "name"); alias != 0 {
			local = w.text(alias)
			w.importWhole(whole, local, w.start(n))
			return
		}
		w.imports(Import{Module: whole, Name: "*"}, w.start(n))
	},
	rules: map[string]rule{
		"comment":                           {do: actComment},
		"using_directive":                   {do: actImport},
		"namespace_declaration":             {do: actPackage, name: "name"},
		"file_scoped_namespace_declaration": {do: actPackage, name: "name"},
		"class_declaration":                 {do: actDefine, kind: KindType, name: "name", body: "body"},
		"interface_declaration":             {do: actDefine, kind: KindType, name: "name", body: "body"},
		"struct_declaration":                {do: actDefine, kind: KindType, name: "name", body: "body"},
		"record_declaration":                {do: actDefine, kind: KindType, name: "name", body: "body", params: "~parameter_list"},
		"enum_declaration":                  {do: actDefine, kind: KindType, name: "name", body: "body"},
		"delegate_declaration":              {do: actDefine, kind: KindType, name: "name", params: "parameters"},
		"base_list":                         {do: actBases},
		"method_declaration":                {do: actDefine, kind: KindMethod, name: "name", typ: "returns", params: "parameters", body: "body"},
		"constructor_declaration":           {do: actDefine, kind: KindMethod, name: "name", params: "parameters", body: "body"},
		"local_function_statement":          {do: actDefine, kind: KindFunction, name: "name", typ: "type", params: "parameters", body: "body"},
		"property_declaration":              {do: actBind, kind: KindField, name: "name", typ: "type", value: "value"},
		"enum_member_declaration":           {do: actBind, kind: KindConst, name: "name"},
		"variable_declaration":              {do: actBind, name: "#-1", typ: "type"},
		"variable_declarator":               {do: actDeclared, name: "name", value: "#1"},
		"parameter":                         {do: actParam, name: "name", typ: "type"},
		"implicit_parameter":                {do: actName},
		"lambda_expression":                 {do: actFunction, params: "parameters"},
		"anonymous_method_expression":       {do: actFunction, params: "parameters"},
		"foreach_statement":                 {do: actFor, name: "left", typ: "type", value: "right"},
		"catch_declaration":                 {do: actParam, name: "name", typ: "type"},
		"declaration_pattern":               {do: actCast, name: "name", typ: "type"},
		"assignment_expression":             {do: actAssign, name: "left", value: "right"},
		"invocation_expression":             {do: actCall, name: "function"},
		"member_access_expression":          {do: actMember, object: "expression", name: "name"},
		"qualified_name":                    {do: actMember, as: asMember, object: "qualifier", name: "name", typed: true},
		"object_creation_expression":        {do: actNew, typ: "type"},
		"cast_expression":                   {do: actCast, typ: "type", value: "value"},
		"as_expression":                     {do: actCast, typ: "right", value: "left"},
		"await_expression":                  {do: actElement},
		"element_access_expression":         {do: actElement},
		"parenthesized_expression":          {do: actValue},
		"generic_name":                      {do: actType, as: asGeneric},
		"nullable_type":                     {do: actTypes},
		"array_type":                        {do: actTypes, as: asList},
		"predefined_type":                   {do: actSkip, as: asSkip},
		"implicit_type":                     {do: actSkip, as: asSkip},
		"type_argument_list":                {do: actTypes, as: asSkip},
		"type_parameter_list":               {do: actSkip},
		"modifier":                          {do: actSkip, as: asSkip},
		"this":                              {do: actName},
		"base":                              {do: actName},
		"identifier":                        {do: actName, as: asName},
	},
}

var cpp = map[string]rule{
	"namespace_definition":           {do: actDefine, kind: KindModule, name: "name", body: "body"},
	"class_specifier":                {do: actDefine, kind: KindType, name: "name", body: "body", needs: "body"},
	"concept_definition":             {do: actDefine, kind: KindType, name: "name"},
	"alias_declaration":              {do: actDefine, kind: KindType, name: "name", typ: "type"},
	"base_class_clause":              {do: actBases},
	"access_specifier":               {do: actSkip, as: asSkip},
	"qualified_identifier":           {do: actMember, as: asMember, object: "scope", name: "name"},
	"template_type":                  {do: actType, as: asGeneric},
	"template_function":              {do: actType, as: asGeneric},
	"new_expression":                 {do: actNew, typ: "type"},
	"lambda_expression":              {do: actFunction},
	"for_range_loop":                 {do: actFor, name: "declarator", typ: "type", value: "right"},
	"reference_declarator":           {do: actDeclarator},
	"namespace_identifier":           {do: actName, as: asName},
	"this":                           {do: actName},
	"template_argument_list":         {do: actTypes, as: asSkip},
	"template_parameter_list":        {do: actSkip},
	"using_declaration":              {do: actSkip},
	"optional_parameter_declaration": {do: actParam, name: "declarator", typ: "type", value: "default_value"},
	"destructor_name":                {do: actSkip},
	"operator_name":                  {do: actSkip},
}

// cLanguage returns the rules of C and more.
func cLanguage(more map[string]rule) *language {
	l := &language{
		builtin: names(`NULL sizeof printf fprintf sprintf snprintf malloc calloc realloc free memcpy memset memcmp memmove strlen strcmp strncmp
strcpy strncpy strdup strchr strstr abort exit assert true false nullptr std size_t uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t
int64_t bool errno stderr stdout FILE va_list ssize_t off_t pid_t uintptr_t intptr_t ptrdiff_t time_t string vector map unique_ptr
shared_ptr make_unique make_shared move forward`),
		selfs: map[string]bool{"this": true}, inferred: map[string]bool{"auto": true}, outside: true,
		visible: func(_, modifiers string) Visibility {
			if strings.Contains(modifiers, "static") {
				return Private
			}
			return Public
		},
		imports: func(w *walker, n int) {
			if path := w.child(n, "path"); path != 0 {
				w.imports(Import{Module: strings.Trim(w.text(path), `"<>`), Name: "*"}, w.start(n))
			}
		},
		rules: map[string]rule{
			"comment":                    {do: actComment},
			"preproc_include":            {do: actImport},
			"preproc_def":                {do: actDefine, kind: KindConst, name: "name"},
			"preproc_function_def":       {do: actDefine, kind: KindFunction, name: "name", body: "value"},
			"preproc_params":             {do: actSkip},
			"function_definition":        {do: actDefine, kind: KindFunction, name: "declarator", typ: "type", body: "body"},
			"struct_specifier":           {do: actDefine, kind: KindType, name: "name", body: "body", needs: "body", as: asNone},
			"union_specifier":            {do: actDefine, kind: KindType, name: "name", body: "body", needs: "body"},
			"enum_specifier":             {do: actDefine, kind: KindType, name: "name", body: "body", needs: "body"},
			"type_definition":            {do: actDefine, kind: KindType, name: "declarator", typ: "type"},
			"enumerator":                 {do: actBind, kind: KindConst, name: "name", value: "value"},
			"declaration":                {do: actBind, name: "declarator", typ: "type"},
			"field_declaration":          {do: actBind, kind: KindField, name: "declarator", typ: "type"},
			"init_declarator":            {do: actDeclared, name: "declarator", value: "value"},
			"parameter_declaration":      {do: actParam, name: "declarator", typ: "type"},
			"function_declarator":        {do: actDeclarator},
			"pointer_declarator":         {do: actDeclarator},
			"array_declarator":           {do: actDeclarator},
			"parenthesized_declarator":   {do: actDeclarator},
			"attributed_declarator":      {do: actDeclarator},
			"assignment_expression":      {do: actAssign, name: "left", value: "right"},
			"call_expression":            {do: actCall, name: "function"},
			"field_expression":           {do: actMember, object: "argument", name: "field"},
			"cast_expression":            {do: actCast, typ: "type", value: "value"},
			"subscript_expression":       {do: actElement, value: "argument"},
			"pointer_expression":         {do: actValue, value: "argument"},
			"parenthesized_expression":   {do: actValue},
			"type_descriptor":            {do: actTypes},
			"primitive_type":             {do: actSkip, as: asSkip},
			"placeholder_type_specifier": {do: actSkip, as: asSkip},
			"sized_type_specifier":       {do: actSkip, as: asSkip},
			"type_qualifier":             {do: actSkip, as: asSkip},
			"storage_class_specifier":    {do: actSkip, as: asSkip},
			"field_identifier":           {do: actName},
			"identifier":                 {do: actName, as: asName},
			"type_identifier":            {do: actTypeName, as: asName},
			"statement_identifier":       {do: actSkip},
		},
	}
	for kind, r := range more {
		l.rules[kind] = r
	}
	return l
}

var kotlin = &language{
	builtin: names(`String Int Long Double Float Boolean Char Byte Short Any Unit Nothing null true false listOf mutableListOf mapOf
mutableMapOf setOf println print require check error TODO arrayOf emptyList emptyMap lazy Exception IllegalStateException
IllegalArgumentException Override JvmStatic it`),
	selfs: map[string]bool{"this": true}, supers: map[string]bool{"super": true},
	visible: func(_, modifiers string) Visibility { return said(modifiers, Public) },
	imports: func(w *walker, n int) {
		path := w.child(n, "#0")
		if path == 0 {
			return
		}
		whole := strings.Join(strings.Fields(w.text(path)), "")
		if strings.HasSuffix(strings.TrimSpace(w.text(n)), "*") {
			w.imports(Import{Module: whole, Name: "*"}, w.start(n))
			return
		}
		local := ""
		if alias := w.child(n, "#1"); alias != 0 {
			local = w.text(alias)
		}
		w.importWhole(whole, local, w.start(n))
	},
	rules: map[string]rule{
		"line_comment":           {do: actComment},
		"block_comment":          {do: actComment},
		"package_header":         {do: actPackage, name: "#0"},
		"import":                 {do: actImport},
		"class_declaration":      {do: actDefine, kind: KindType, name: "name"},
		"object_declaration":     {do: actDefine, kind: KindType, name: "name"},
		"companion_object":       {},
		"type_alias":             {do: actDefine, kind: KindType, name: "type", typ: "#1"},
		"delegation_specifiers":  {do: actBases},
		"delegation_specifier":   {do: actType},
		"constructor_invocation": {do: actType},
		"function_declaration":   {do: actDefine, kind: KindFunction, name: "name", typ: "~user_type", params: "~function_value_parameters", body: "~function_body"},
		"primary_constructor":    {},
		"class_parameters":       {},
		"class_parameter": {do: actParam, name: "#-2", typ: "#-1", isField: func(w *walker, n int) bool {
			t := w.text(n)
			return strings.Contains(t, "val ") || strings.Contains(t, "var ")
		}},
		"parameter":                {do: actParam, name: "#0", typ: "#1"},
		"property_declaration":     {do: actBind, name: "#0", value: "#-1"},
		"variable_declaration":     {do: actDeclared, name: "#0", typ: "#1"},
		"enum_entry":               {do: actBind, kind: KindConst, name: "#0"},
		"lambda_literal":           {do: actFunction, params: "#0"},
		"lambda_parameters":        {do: actPattern},
		"for_statement":            {do: actFor, name: "#0", value: "#1"},
		"call_expression":          {do: actCall, name: "#0"},
		"navigation_expression":    {do: actMember, object: "#0", name: "#1"},
		"as_expression":            {do: actCast, value: "left", typ: "right"},
		"unary_expression":         {do: actValue, value: "argument"},
		"parenthesized_expression": {do: actValue},
		"index_expression":         {do: actElement},
		"assignment":               {do: actAssign, name: "#0", value: "#1"},
		"user_type":                {do: actTypes, as: asGeneric},
		"nullable_type":            {do: actTypes},
		"type_arguments":           {do: actTypes, as: asSkip},
		"type_parameters":          {do: actSkip},
		"this_expression":          {do: actName},
		"super_expression":         {do: actName},
		"identifier":               {do: actName, as: asName},
	},
}

var scala = &language{
	builtin: names(`String Int Long Double Float Boolean Char Byte Short Any AnyRef Unit Nothing Null Some None Option Seq List Map Set Array
println print require assert true false null this`),
	selfs: map[string]bool{"this": true}, supers: map[string]bool{"super": true},
	visible: func(_, modifiers string) Visibility { return said(modifiers, Public) },
	imports: func(w *walker, n int) {
		var path []string
		for _, c := range w.list(n) {
			switch {
			case w.field(c) == "path":
				path = append(path, w.text(c))
			case w.kind(c) == "namespace_wildcard":
				w.imports(Import{Module: strings.Join(path, "."), Name: "*"}, w.start(n))
				return
			case w.kind(c) == "namespace_selectors":
				for _, s := range w.list(c) {
					name, local := w.aliased(s)
					w.imports(Import{Module: strings.Join(path, "."), Name: name, Local: local}, w.start(s))
				}
				return
			}
		}
		w.importWhole(strings.Join(path, "."), "", w.start(n))
	},
	rules: map[string]rule{
		"comment":                  {do: actComment},
		"block_comment":            {do: actComment},
		"package_clause":           {do: actPackage, name: "name"},
		"import_declaration":       {do: actImport},
		"class_definition":         {do: actDefine, kind: KindType, name: "name", body: "body", params: "class_parameters"},
		"object_definition":        {do: actDefine, kind: KindType, name: "name", body: "body"},
		"trait_definition":         {do: actDefine, kind: KindType, name: "name", body: "body"},
		"enum_definition":          {do: actDefine, kind: KindType, name: "name", body: "body"},
		"type_definition":          {do: actDefine, kind: KindType, name: "name", typ: "type"},
		"extends_clause":           {do: actBases},
		"function_definition":      {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters", body: "body"},
		"function_declaration":     {do: actDefine, kind: KindFunction, name: "name", typ: "return_type", params: "parameters"},
		"val_definition":           {do: actBind, name: "pattern", typ: "type", value: "value"},
		"var_definition":           {do: actBind, name: "pattern", typ: "type", value: "value"},
		"val_declaration":          {do: actBind, name: "name", typ: "type"},
		"var_declaration":          {do: actBind, name: "name", typ: "type"},
		"class_parameter":          {do: actParam, name: "name", typ: "type"},
		"parameter":                {do: actParam, name: "name", typ: "type", value: "default_value"},
		"lambda_expression":        {do: actFunction, params: "parameters"},
		"enumerator":               {do: actFor, name: "#0", value: "#1"},
		"case_clause":              {do: actFunction, params: "pattern"},
		"typed_pattern":            {do: actParam, name: "pattern", typ: "type"},
		"tuple_pattern":            {do: actPattern},
		"case_class_pattern":       {do: actPattern},
		"call_expression":          {do: actCall, name: "function"},
		"generic_function":         {do: actValue, value: "function"},
		"field_expression":         {do: actMember, object: "value", name: "field"},
		"stable_type_identifier":   {do: actMember, as: asMember, object: "#0", name: "#-1", typed: true},
		"instance_expression":      {do: actNew, typ: "#0"},
		"assignment_expression":    {do: actAssign, name: "left", value: "right"},
		"parenthesized_expression": {do: actValue},
		"generic_type":             {do: actType, as: asGeneric},
		"type_arguments":           {do: actTypes, as: asSkip},
		"type_parameters":          {do: actSkip},
		"identifier":               {do: actName, as: asName},
		"type_identifier":          {do: actTypeName, as: asName},
	},
}
