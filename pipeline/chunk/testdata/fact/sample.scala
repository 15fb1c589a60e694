package a.b
import x.y.{Z => Q, R}
import q._
/** Doc. */
class A[T](val f: Foo, n: Int) extends B(f) with I {
  val w: Wheel = new Wheel(1)
  def go(a: Foo, n: Int = 1): List[Bar] = { val x = a.run(); for (b <- x) b.k(); this.w.turn(); x.map(q => q.z()); x match { case y: Foo => y.t() }; x.asInstanceOf[Bar] }
}
object O { def c = 1 }
trait I { def q(): Unit }
case class C(a: Int)
type Al = Foo
