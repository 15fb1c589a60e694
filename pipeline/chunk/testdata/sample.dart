// Copyright The Millers.
import 'dart:io';

/// A sack of grain.
@immutable
class Sack extends Grain implements Comparable<Sack> {
  final int weight;
  static const empty = Sack(0);

  const Sack(this.weight);

  factory Sack.of(String name) => Sack(name.length);

  bool get isEmpty => weight == 0;

  @override
  int compareTo(Sack other) => weight - other.weight;

  bool operator ==(Object other) => identical(this, other);

  Future<List<int>> grind(
    Mill mill, {
    bool slowly = true,
  }) async {
    if (weight > 3) {
      return [1];
    }
    return mill.turn(weight);
  }
}

enum Side { upper, lower }

mixin Turning on Mill {
  void turn() {}
}

extension Heavy on Sack {
  bool heavy() => weight > 50;
}

typedef Turn = void Function(int);

const stones = 2;

void main(List<String> args) {
  print(stones);
}
