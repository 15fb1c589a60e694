package graph

import "testing"

// A function has the parameters that its place expects: as an argument of a function, a method, a constructor or an
// interface that can be called, as a variable, as a result, as a member of an object, as a method of a list. Signatures
// that do not agree give nothing.
func TestParametersByTheirPlace(t *testing.T) {
	types := `import { Missing } from 'elsewhere'
export class Context {
  text(s: string): Context { return this }
  list: Item[]
  each(): Promise<Item> {}
}
export class Item { pick(): void {} }
export type Handler<E = any> = (c: Context, next: () => void) => void
export type Middleware = (c: Context, item: Item) => void
export type H<E = any> = Handler<E> | Middleware
export interface Route<E> {
  // one
  <P extends string>(handler: H<P>): App<E>
  <P extends string, M extends H<P>>(...handlers: [H<P> & M, H<P>]): App<E>
  <P>(path: P, ...handlers: H<P>[]): App<E>
}
export interface Events { onItem?: (item: Item) => void; onMissing(m: Missing): void }
export class App<E> {
  get!: Route<E>
  upgrade(make: (c: Context) => Events): void {}
  either(path: string, f: (c: Context) => void): void
  either(path: string, f: (c: Item) => void): void
  constructor(init?: (item: Item) => void) {}
}
export function bound<T extends Context>(c: T) { c.text('') }
`
	uses := `import { App, Context, Handler, Item } from './types'
const app = new App((item) => item.pick())
app.get('/a', (c) => c.text('a')).get((c, other) => { c.text('b'); other.pick() })
app.get('/c', c => c.text('c'), async function (c) { return c.text('d') })
const handler: Handler = (c) => { c.text('e'); c.list.forEach((i) => i.pick()); c.each().then((i) => i.pick()) }
function make(): Handler { return (c) => c.text('f') }
const made = (): Handler => (c) => c.text('g')
app.upgrade((c) => ({ onItem: (i) => i.pick(), onMissing(m) { m.pick() } }))
app.either('/h', (c) => c.text('h'))
app.get('/i', (c: Item) => c.pick())
`
	o, err := NewOffline([]OfflineFile{
		{Path: "types.ts", Language: "TypeScript", Text: []byte(types)}, {Path: "uses.ts", Language: "TypeScript", Text: []byte(uses)},
	})
	if err != nil {
		t.Fatal(err)
	}
	const text, pick = "types.ts#Context.text by type", "types.ts#Item.pick by type"
	want := map[int][]string{
		2: {pick}, 3: {text, text, "other"}, 4: {text, text}, 5: {text, pick, pick}, 6: {text}, 7: {text}, 8: {pick, "external"}, 9: {"unknown"}, 10: {pick},
	}
	got := make(map[int][]string)
	for _, f := range o.References("uses.ts") {
		if f.Name != "text" && f.Name != "pick" {
			continue
		}
		said := "unknown"
		switch {
		case len(f.Targets) == 1 && f.Strategy == ByType:
			said = o.Paths[f.Targets[0].Document] + "#" + f.Targets[0].Qualified + " by " + f.Strategy.String()
		case f.Strategy == External:
			said = "external"
		case f.Line == 3:
			said = "other" // the union's second parameters differ
		}
		got[f.Line] = append(got[f.Line], said)
	}
	for line, said := range want {
		if len(got[line]) != len(said) {
			t.Errorf("line %d: %q, want %q", line, got[line], said)
			continue
		}
		for i := range said {
			if got[line][i] != said[i] {
				t.Errorf("line %d: %q, want %q", line, got[line], said)
				break
			}
		}
	}
	for _, f := range o.References("types.ts") {
		if f.Name == "text" && f.Strategy != ByType {
			t.Errorf("the constraint of a type parameter: %s %v", f.Strategy, f.Targets)
		}
	}
}
