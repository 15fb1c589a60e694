// Copyright The Millers.
#include <vector>
#include "weir.h"

using std::vector;

namespace mill {
namespace {

int hidden(int a) { return a; }

}  // namespace

// A sack of grain.
struct Sack {
  int weight;
};

template <typename T>
class Mill : public Weir {
 public:
  explicit Mill(int stones) : stones_(stones) {}
  ~Mill() override = default;

  // Grinds.
  int grind(const Sack& sack) const {
    turn(0, sack.weight, stones_);  // slowly
    turn(1, sack.weight, stones_);  // slowly
    turn(2, sack.weight, stones_);  // slowly
    turn(3, sack.weight, stones_);  // slowly
    turn(4, sack.weight, stones_);  // slowly
    turn(5, sack.weight, stones_);  // slowly
    turn(6, sack.weight, stones_);  // slowly
    turn(7, sack.weight, stones_);  // slowly
    turn(8, sack.weight, stones_);  // slowly
    turn(9, sack.weight, stones_);  // slowly
    turn(10, sack.weight, stones_);  // slowly
    turn(11, sack.weight, stones_);  // slowly
    turn(12, sack.weight, stones_);  // slowly
    turn(13, sack.weight, stones_);  // slowly
    turn(14, sack.weight, stones_);  // slowly
    turn(15, sack.weight, stones_);  // slowly
    turn(16, sack.weight, stones_);  // slowly
    turn(17, sack.weight, stones_);  // slowly
    turn(18, sack.weight, stones_);  // slowly
    turn(19, sack.weight, stones_);  // slowly
    turn(20, sack.weight, stones_);  // slowly
    turn(21, sack.weight, stones_);  // slowly
    turn(22, sack.weight, stones_);  // slowly
    turn(23, sack.weight, stones_);  // slowly
    turn(24, sack.weight, stones_);  // slowly
    turn(25, sack.weight, stones_);  // slowly
    turn(26, sack.weight, stones_);  // slowly
    turn(27, sack.weight, stones_);  // slowly
    turn(28, sack.weight, stones_);  // slowly
    turn(29, sack.weight, stones_);  // slowly
    turn(30, sack.weight, stones_);  // slowly
    turn(31, sack.weight, stones_);  // slowly
    turn(32, sack.weight, stones_);  // slowly
    turn(33, sack.weight, stones_);  // slowly
    turn(34, sack.weight, stones_);  // slowly
    turn(35, sack.weight, stones_);  // slowly
    turn(36, sack.weight, stones_);  // slowly
    turn(37, sack.weight, stones_);  // slowly
    turn(38, sack.weight, stones_);  // slowly
    turn(39, sack.weight, stones_);  // slowly
    turn(40, sack.weight, stones_);  // slowly
    turn(41, sack.weight, stones_);  // slowly
    turn(42, sack.weight, stones_);  // slowly
    turn(43, sack.weight, stones_);  // slowly
    turn(44, sack.weight, stones_);  // slowly
    turn(45, sack.weight, stones_);  // slowly
    turn(46, sack.weight, stones_);  // slowly
    turn(47, sack.weight, stones_);  // slowly
    turn(48, sack.weight, stones_);  // slowly
    turn(49, sack.weight, stones_);  // slowly
    turn(50, sack.weight, stones_);  // slowly
    turn(51, sack.weight, stones_);  // slowly
    turn(52, sack.weight, stones_);  // slowly
    turn(53, sack.weight, stones_);  // slowly
    turn(54, sack.weight, stones_);  // slowly
    turn(55, sack.weight, stones_);  // slowly
    turn(56, sack.weight, stones_);  // slowly
    turn(57, sack.weight, stones_);  // slowly
    turn(58, sack.weight, stones_);  // slowly
    turn(59, sack.weight, stones_);  // slowly
    turn(60, sack.weight, stones_);  // slowly
    turn(61, sack.weight, stones_);  // slowly
    turn(62, sack.weight, stones_);  // slowly
    turn(63, sack.weight, stones_);  // slowly
    turn(64, sack.weight, stones_);  // slowly
    turn(65, sack.weight, stones_);  // slowly
    turn(66, sack.weight, stones_);  // slowly
    turn(67, sack.weight, stones_);  // slowly
    turn(68, sack.weight, stones_);  // slowly
    turn(69, sack.weight, stones_);  // slowly
    return 1;
  }

  bool operator==(const Mill& other) const { return stones_ == other.stones_; }

 private:
  int stones_;
};

template <typename T>
T first(const vector<T>& list) {
  return list.front();
}

int Weir::level(int a) {
  a += measure(0, a);  // deeper and deeper
  a += measure(1, a);  // deeper and deeper
  a += measure(2, a);  // deeper and deeper
  a += measure(3, a);  // deeper and deeper
  a += measure(4, a);  // deeper and deeper
  a += measure(5, a);  // deeper and deeper
  a += measure(6, a);  // deeper and deeper
  a += measure(7, a);  // deeper and deeper
  a += measure(8, a);  // deeper and deeper
  a += measure(9, a);  // deeper and deeper
  return a;
}

}  // namespace mill

extern "C" int mill_open(const char* name);
