import D, { a as b, C } from "./x";
import * as ns from 'y';
import type { T } from "./t";
export { p } from "./p";
/** Doc. */
export class A<T> extends ns.B<T> implements I, J {
  private readonly w: Wheel = new Wheel(1);
  constructor(private q: Q, readonly r?: R) { super(); }
  async m(a: Foo, {b, c: d}: Opt, ...e: X[]): Promise<Bar> {
    const x = await this.w.turn(a), y: Y[] = [];
    for (const i of y) { i.go(); }
    let f = (z: Z) => z.k();
    this.w = x as Foo; this.q.h!.j(); x?.y.z();
    const {u, v} = x;
    try {} catch (err) { err.z }
    return <Foo>x;
  }
  get p(): P { return this._p; }
}
export interface I extends K { n: number; m(a: A): B; }
type Al = { a: B } | C;
enum E { X, Y = 2 }
export const fn = async (a: A) => { fn2(a); };
export default function main() {}
declare function amb(a: A): B;
const r = require("z");
namespace N { export function q() {} }
export type Fn<T> = (t: T, ...rest: Q[]) => B;
type Either = Fn<A> | H;
interface Route {
  // a line that begins with "<" is a member of its own
  <P extends Fn<A>>(p: P, q?: (b: B) => void): Route
  <R>(...all: [H<R> & R, H<R>]): Route
}
const held: Fn<A> = (t, other) => t.go(other.x());
const each = (list: A[]): Fn<B> => (b) => { list.forEach((a) => a.go()); return b.done(); };
held((x) => ({ on: (y) => y.up(), method(z) { z.down(); } }), k => k.gone());
declare module "./elsewhere" { interface More { [Symbol.iterator](): A; 401: B } }
class Late extends A { constructor() { super(); this.early = new B(); this.not = 1; } early: B; }
