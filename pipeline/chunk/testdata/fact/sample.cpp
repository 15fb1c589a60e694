#include "x/y.h"
#include <vector>
using namespace std;
namespace n { 
/// Doc.
class A : public B, private q::C<T> {
 public:
  A(Foo f) : w_(f) {}
  Bar* grind(const Foo& a, int n = 1) const { auto x = a.go(); Foo y(1); Foo *z = new Foo(2); z->run(); this->w_ = y; w_.turn(); n::func(a); for (auto& i : list) i.go(); return x; }
  Wheel w_;
  std::vector<Foo> list;
};
int A::out(int q) { return helper(q); }
enum class E { X, Y };
using Al = Foo;
}
typedef struct s { int a; struct t *b; } s_t;
static int fn(struct s *p) { return p->a; }
#define M 1
