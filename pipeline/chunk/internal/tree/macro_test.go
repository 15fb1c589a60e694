package tree

import "testing"

func TestMacrosBetweenStatements(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"LIB_BEGIN_NAMESPACE\nnamespace a {": "                   \nnamespace a {",
		"int a;\n\n  LIB_EXPORT\r\nint b;\n": "int a;\n\n            \r\nint b;\n",
		"// so\nLIB_EXPORT\nint b;\n":        "// so\n          \nint b;\n",
		"} // so\n\nLIB_EXPORT\n":            "} // so\n\n          \n",
		"/* so */\nLIB_EXPORT\n":             "/* so */\n          \n",
		"#define A \\\nLIB_EXPORT\nint a;\n": "#define A \\\nLIB_EXPORT\nint a;\n",
		"#if A\nLIB_EXPORT\n#endif\n":        "#if A\n          \n#endif\n",
		"x = ONE +\nTWO\n;":                  "x = ONE +\nTWO\n;",
		"enum a { ONE,\nTWO\n};":             "enum a { ONE,\nTWO\n};",
		"f(\nTWO\n);":                        "f(\nTWO\n);",
		"LIB_CALL(a)\nLIB_CALL;\n":           "LIB_CALL(a)\nLIB_CALL;\n",
		"T1\nAB\nclass\n":                    "T1\nAB\nclass\n",
	} {
		if got := string(withoutMacros([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
