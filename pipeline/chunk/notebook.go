package chunk

// notebookBlocks cuts a Jupyter notebook by its cells. A block consists of the lines of
// the notebook that hold a cell's source, as JSON quotes them. In a line that is cut
// anyway, it is the source alone. A cell's output and its surroundings are in no block.
// A notebook whose sources share lines of a readable length is cut by lines.
func notebookBlocks(text []byte) []block {
	lines := lines{text: text}
	top := data.items(text, 0)
	if len(top) != 1 || top[0].open == 0 {
		return nil
	}
	var blocks []block
	for _, cell := range cellsOf(text, top[0]) {
		source, ok := member(text, cell, "source")
		if !ok {
			if source, ok = member(text, cell, "input"); !ok { // of version 3
				continue
			}
		}
		b := block{start: lines.start(source.start), end: source.end, kind: KindCell}
		switch long := lines.end-b.start > Max; {
		case long:
			b.start = source.start
		case source.start-b.start > small:
			return nil
		}
		lines.start(source.end - 1)
		switch long := lines.end-lines.begin > Max; {
		case long && b.start >= lines.begin:
		case lines.end-source.end > small:
			return nil
		default:
			b.end = lines.end
		}
		if len(blocks) > 0 {
			last := &blocks[len(blocks)-1]
			if b.start < last.end {
				return nil
			}
			if b.end-last.start <= Target && max(b.size(), last.size()) < small && b.start-last.end < small {
				last.end = b.end // little but marks between them
				continue
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// cellsOf lists the cells of a notebook, which version 3 keeps in worksheets.
func cellsOf(text []byte, notebook item) []item {
	if cells, ok := member(text, notebook, "cells"); ok && cells.open > 0 {
		return data.items(text, cells.open)
	}
	sheets, ok := member(text, notebook, "worksheets")
	if !ok || sheets.open == 0 {
		return nil
	}
	var list []item
	for _, sheet := range data.items(text, sheets.open) {
		if cells, ok := member(text, sheet, "cells"); ok && cells.open > 0 {
			list = append(list, data.items(text, cells.open)...)
		}
	}
	return list
}

// member returns a member of an object.
func member(text []byte, object item, name string) (item, bool) {
	if object.open == 0 {
		return item{}, false
	}
	for _, it := range data.items(text, object.open) {
		if key(text, it) == name {
			return it, true
		}
	}
	return item{}, false
}
