package main

// pages asks for a list page by page, and joins the pages. A page says after which place the
// next one begins; the zero place ends the list.
func pages[T any, P comparable](ask func(after P) (rows []T, next P, err error)) ([]T, error) {
	all := []T{}
	var after P
	for {
		rows, next, err := ask(after)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if after = next; after == *new(P) {
			return all, nil
		}
	}
}
