package a.b
import x.y.Z as Q
import q.*
/** Doc. */
class A<T>(private val f: Foo, n: Int) : B(f), I {
  val w: Wheel = Wheel(1)
  var p: Bar? = null
  fun go(a: Foo, n: Int = 1): List<Bar> { val x = a.run(); for (b in x) { b.k() }; this.w.turn(); w.turn2(); x.map { it.z() }; f.let { q -> q.h() }; if (x is Foo) x.t(); return x!!.p as Bar }
  companion object { fun c() {} }
}
fun Foo.ext(a: A): Bar = a.go()
object O { val k = 1 }
interface I { fun q() }
typealias Al = Foo
