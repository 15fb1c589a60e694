package a.b;
import java.util.List;
import static a.b.C.*;
/** Doc. */
public class A<T extends X> extends B<T> implements I, p.J {
  @Inject private final Wheel wheel = new Wheel(1), w2;
  public A(Foo f) { super(f); this.wheel = f; }
  public static List<Bar> m(Foo a, final int... n) throws Ex {
    Foo x = a.go().run(); var y = new Foo<Bar>();
    for (Bar b : y.list()) { b.k(); }
    try (R r = o()) {} catch (E1 | E2 e) { e.z(); }
    Fn f = q -> q.h(); Fn g = (A z) -> { z.k(); }; Fn h = Foo::bar;
    if (x instanceof Bar bb) bb.z();
    return (List<Bar>) y.field.f2; 
  }
  enum E { X, Y(1) { void k() {} }; int f; }
  interface In { void q(); }
  record Rec(int a, Foo b) {}
}
