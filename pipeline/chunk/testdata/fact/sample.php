<?php
namespace A\B;
use X\Y as Z; use Q\{R, S};
/** Doc. */
abstract class A extends P implements I, J {
  use T;
  const K = 1;
  private Wheel $w;
  public function __construct(private Foo $f, $g = null) { $this->w = new Wheel($f); parent::__construct(); }
  public static function go(Foo $a): ?Bar { $x = $a->run(); $y = new Foo(); foreach ($x as $i) { $i->k(); } self::h(); A::$s; helper($x); $f = fn(Foo $q) => $q->z(); $this->w->turn(); return $x->p; }
}
interface I { function q(); }
function fn1(Foo $a) {}
