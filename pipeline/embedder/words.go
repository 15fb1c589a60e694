package embedder

// Words returns at most limit words of a text as [Terms] reads them, in their order and with their endings. They are
// the parts of identifiers, folded, and every two letters in a row of scripts without blanks. A key, such as a hash, is
// one word.
func Words(text string, limit int) []string {
	var list []string
	for rest := compose(text); rest != "" && len(list) < limit; {
		var part string
		var pairs bool
		if part, rest, pairs = cutScript(rest); pairs {
			list = appendPairs(list, part, limit)
			continue
		}
		lex := lexer{text: part}
		for len(list) < limit && lex.next() {
			list = lex.appendParts(list, limit)
		}
	}
	return list
}

// appendParts adds the parts of an identifier, folded. It cuts the parts of an ASCII identifier out of one string.
func (l *lexer) appendParts(list []string, limit int) []string {
	if list == nil {
		list = make([]string, 0, max(l.parts, fewWords))
	}
	plain := isASCII(l.ident[:l.size])
	var whole string
	var folds folder
	if plain {
		whole = string(l.ident[:l.size])
	} else {
		folds = newFolder()
	}
	if l.key() {
		l.ends[0], l.parts = uint8(l.size), 1
	}
	start := 0
	for _, end := range l.ends[:min(l.parts, limit-len(list))] {
		if plain {
			list = append(list, whole[start:end])
		} else {
			list = append(list, string(folds.fold(l.ident[start:end])))
		}
		start = int(end)
	}
	return list
}

// fewWords is how many words a list has room for at first. Most names have fewer, and paths have a few more.
const fewWords = 8

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
