using System; using X = A.B;
namespace N.M {
/// <summary>Doc.</summary>
public class A<T> : B, I<T> where T : X {
  private readonly Wheel _w = new Wheel(1);
  public Bar P { get; set; }
  public A(Foo f) : base(f) { _w = f; }
  public async Task<Bar> Go(Foo a, int n = 1) { var x = await a.Run(); Foo y = new(); foreach (Bar b in list) { b.K(); } this._w.Turn(); Fn f = q => q.H(); if (x is Foo z) z.T(); return (Bar)x; }
}
public interface I { void Q(); }
public enum E { X, Y }
public record R(int A, Foo B);
}
