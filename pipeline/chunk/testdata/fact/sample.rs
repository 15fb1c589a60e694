use std::collections::{HashMap, hash_map::Entry as E};
use crate::x::*;
mod sub;
/// Doc.
pub struct A<T> { pub w: Wheel, x: Vec<Foo> }
pub(crate) struct Tup(Foo, pub Bar);
enum En { X, Y(Foo), Z { a: Foo } }
pub trait Tr: Base + Other { const C: u8; fn m(&self, a: &Foo) -> Result<Bar, Er>; fn d(&self) {} }
impl<T> Tr for A<T> { fn m(&self, a: &mut Foo) -> Result<Bar, Er> {
   let x = self.w.turn(a)?; let y: Foo = Foo::new(1); let Some(z) = y.opt() else { return };
   for i in self.x.iter() { i.go(); }
   if let Some(q) = z { q.k(); }
   match x { En::X => 1, En::Y(p) => p.k(), A { w, .. } => w.t() };
   let c = |a: Foo, b| a.z(b);
   mac!(x, y.z());
   A { w: y, x: vec![] };
   sub::func::<Foo>(x) as Bar
} }
const K: Foo = Foo(1);
static S: u8 = 1;
type Al = Foo;
macro_rules! mm { () => {} }
