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
