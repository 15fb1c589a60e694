//go:build linux

package bench

import (
	"fmt"
	"strings"
)

// language makes the beginning of a file in a language, and the parts of a file.
type language struct {
	extension  string
	head, part func(*author) string
}

// Each language occurs as often as it is listed.
var languages = []language{
	{".go", goHead, goPart}, {".go", goHead, goPart}, {".go", goHead, goPart},
	{".py", pythonHead, pythonPart}, {".py", pythonHead, pythonPart},
	{".ts", scriptHead, scriptPart}, {".ts", scriptHead, scriptPart}, {".js", scriptHead, scriptPart},
	{".java", javaHead, javaPart},
	{".rs", rustHead, rustPart},
	{".c", cHead, cPart},
	{".md", markdownHead, markdownPart},
	{".yaml", yamlHead, yamlPart},
	{".json", jsonHead, jsonPart},
}

func goHead(a *author) string {
	return fmt.Sprintf("// Package %s keeps %ss. %s\npackage %[1]s\n\nimport (\n\t\"context\"\n\t\"fmt\"\n)\n", a.word(), a.word(), a.sentence())
}

func goPart(a *author) string {
	name, kind, field := a.identifier(), title(a.word()), a.word()
	var b strings.Builder
	fmt.Fprintf(&b, "\n// %s: %s\n", title(name), a.sentence())
	fmt.Fprintf(&b, "func %s(ctx context.Context, %s *%s, limit int) (int, error) {\n\ttotal := %d\n", title(name), field, kind, a.number())
	for range 1 + a.r.IntN(5) {
		item, method := a.word(), title(a.verb())
		fmt.Fprintf(&b, "\tfor i, %s := range %s.%ss {\n\t\tif i >= limit {\n\t\t\tbreak\n\t\t}\n", item, field, title(item))
		fmt.Fprintf(&b, "\t\tn, err := %s.%s(ctx, %d)\n\t\tif err != nil {\n\t\t\treturn 0, fmt.Errorf(\"%s %s: %%w\", err)\n\t\t}\n\t\ttotal += n\n\t}\n",
			item, method, a.number(), a.verb(), a.word())
	}
	b.WriteString("\treturn total, nil\n}\n")
	return b.String()
}

func pythonHead(a *author) string {
	return fmt.Sprintf("\"\"\"%s\"\"\"\nimport logging\nfrom .%s import %s\n\nlog = logging.getLogger(__name__)\n", a.sentence(), a.word(), title(a.word()))
}

func pythonPart(a *author) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n\nclass %s%s:\n    \"\"\"%s\"\"\"\n", title(a.word()), title(a.word()), a.sentence())
	for range 1 + a.r.IntN(4) {
		field := a.word()
		fmt.Fprintf(&b, "\n    def %s_%s(self, %s, limit=%d):\n        # %s\n        result = []\n        for item in self.%s[:limit]:\n", a.verb(), a.word(), field, a.number(), a.sentence(), field)
		fmt.Fprintf(&b, "            if item.%s is None:\n                log.warning(\"no %s for %%s\", item)\n                continue\n            result.append(item.%s(%s))\n        return result\n",
			a.word(), a.word(), a.verb(), field)
	}
	return b.String()
}

func scriptHead(a *author) string {
	return fmt.Sprintf("// %s\nimport { %s, %s } from './%s';\n", a.sentence(), title(a.word()), a.identifier(), a.word())
}

func scriptPart(a *author) string {
	name, item := a.identifier(), a.word()
	return fmt.Sprintf("\n/** %s */\nexport async function %s(%s, options = { limit: %d }) {\n  const %ss = await this.%s(%s.%s);\n"+
		"  return %[5]ss\n    .filter((one) => one.%[8]s > options.limit)\n    .map((one) => ({ %[9]s: one.%[9]s, %[10]s: `${one.%[8]s}-%[11]d` }));\n}\n",
		a.sentence(), name, item, a.number(), a.word(), a.verb(), item, a.word(), a.word(), a.word(), a.number())
}

func javaHead(a *author) string {
	return fmt.Sprintf("package com.example.%s;\n\nimport java.util.List;\n\n/** %s */\nfinal class %s {}\n", a.word(), a.sentence(), title(a.word()))
}

func javaPart(a *author) string {
	kind, field := title(a.word())+title(a.word()), a.word()
	var b strings.Builder
	fmt.Fprintf(&b, "\n/** %s */\nclass %s {\n    private final List<%s> %ss;\n", a.sentence(), kind, title(field), field)
	for range 1 + a.r.IntN(3) {
		fmt.Fprintf(&b, "\n    int %s(%s %s) {\n        int total = %d;\n        for (%s one : %ss) {\n            total += one.%s(%s);\n        }\n        return total;\n    }\n",
			a.identifier(), title(a.word()), a.word(), a.number(), title(field), field, a.verb(), a.word())
	}
	b.WriteString("}\n")
	return b.String()
}

func rustHead(a *author) string {
	return fmt.Sprintf("//! %s\nuse crate::%s::%s;\n", a.sentence(), a.word(), title(a.word()))
}

func rustPart(a *author) string {
	field := a.word()
	return fmt.Sprintf("\n/// %s\npub fn %s_%s(%s: &[%s], limit: usize) -> Result<usize, Error> {\n    let mut total = %d;\n    for one in %[4]s.iter().take(limit) {\n"+
		"        match one.%[7]s() {\n            Some(%[8]s) => total += %[8]s.len(),\n            None => return Err(Error::%[9]s(%[10]d)),\n        }\n    }\n    Ok(total)\n}\n",
		a.sentence(), a.verb(), a.word(), field, title(a.word()), a.number(), a.verb(), a.word(), title(a.word()), a.number())
}

func cHead(a *author) string {
	return fmt.Sprintf("/* %s */\n#include <stdlib.h>\n#include \"%s.h\"\n", a.sentence(), a.word())
}

func cPart(a *author) string {
	kind, field := a.word(), a.word()
	return fmt.Sprintf("\n/* %s */\nstatic int %s_%s(struct %s *%s, size_t limit)\n{\n\tint total = %d;\n\n\tfor (size_t i = 0; i < limit; i++) {\n"+
		"\t\tif (%[5]s->%[7]s[i] == NULL)\n\t\t\treturn -%[8]d;\n\t\ttotal += %[9]s_%[4]s(%[5]s->%[7]s[i]);\n\t}\n\treturn total;\n}\n",
		a.sentence(), a.verb(), a.word(), kind, field, a.number(), a.word(), 1+a.number()%100, a.verb())
}

func markdownHead(a *author) string {
	return fmt.Sprintf("# %s %s\n\n%s\n", title(a.word()), a.word(), a.sentence())
}

func markdownPart(a *author) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## How to %s the %s\n\n", a.verb(), a.word())
	for range 1 + a.r.IntN(4) {
		fmt.Fprintf(&b, "%s %s %s\n\n", a.sentence(), a.sentence(), a.sentence())
	}
	fmt.Fprintf(&b, "```sh\n%s --%s %d\n```\n", a.word(), a.word(), a.number())
	return b.String()
}

func yamlHead(a *author) string { return fmt.Sprintf("# %s\nname: %s\n", a.sentence(), a.word()) }

func yamlPart(a *author) string {
	return fmt.Sprintf("%s-%d:\n  %s: %d\n  %s: \"%s\"\n  %ss:\n    - %s\n    - %s\n",
		a.identifier(), a.number(), a.word(), a.number(), a.word(), a.sentence(), a.word(), a.word(), a.word())
}

func jsonHead(a *author) string {
	return fmt.Sprintf("{\"name\": \"%s\", \"version\": %d}\n", a.word(), a.number())
}

func jsonPart(a *author) string {
	return fmt.Sprintf("{\"%s\": {\"%s\": %d, \"%s\": \"%s\", \"%ss\": [\"%s\", \"%s\"]}}\n",
		a.identifier(), a.word(), a.number(), a.word(), a.sentence(), a.word(), a.word(), a.word())
}
