package embedder

// Words returns the words of a text as [Terms] reads them, in their order and with their endings: the parts of
// identifiers, folded, and each two letters in a row of scripts without blanks. There are at most limit.
func Words(text string, limit int) []string {
	var list []string
	folds := newFolder()
	for rest := compose(text); rest != "" && len(list) < limit; {
		var part string
		var pairs bool
		if part, rest, pairs = cutScript(rest); pairs {
			list = appendPairs(list, part, limit)
			continue
		}
		lex := lexer{text: part}
		for len(list) < limit && lex.next() {
			start := 0
			for _, end := range lex.ends[:lex.parts] {
				if len(list) < limit {
					list = append(list, string(folds.fold(lex.ident[start:end])))
				}
				start = int(end)
			}
		}
	}
	return list
}

func appendPairs(list []string, text string, limit int) []string {
	before, start := 0, 0
	for start < len(text) && len(list) < limit {
		end := start + unitLen(text[start:])
		if start > 0 || end == len(text) {
			list = append(list, text[before:end])
		}
		before, start = start, end
	}
	return list
}
