"""Counts what a mill grinds."""

import collections
import dataclasses


@dataclasses.dataclass
class Sack:
    """A sack of grain."""

    grain: str
    weight: float

    def split(self, parts):
        """Cut a sack into equal ones."""
        if parts < 1:
            raise ValueError("a sack cannot be cut into nothing")

        return [Sack(self.grain, self.weight / parts) for _ in range(parts)]

    def __str__(self):
        return f"{self.weight} of {self.grain}"


class Mill:
    """Grinds sacks in the order in which they come."""

    def __init__(self, stones):
        self.stones = stones
        self.queue = collections.deque()
        self.ground = collections.Counter()

    def bring(self, sack):
        self.queue.append(sack)

        return len(self.queue)

    def grind(self):
        """Grind one sack."""
        if not self.queue:
            return None

        sack = self.queue.popleft()
        self.ground[sack.grain] += sack.weight

        return sack

    def grind_all(self):
        while self.grind():
            pass


def total(mill):
    """Sum up what was ground."""
    return sum(mill.ground.values())


def report(mill):
    """Print a line for each kind of grain, the heaviest first."""
    for grain, weight in mill.ground.most_common():
        share = weight / total(mill)
        print(f"{grain:10} {weight:10.2f} {share:6.1%}")


TABLE = {
    "wheat": 1,
    "rye": 2,
}


if __name__ == "__main__":
    mill = Mill(stones=2)
    for grain in TABLE:
        mill.bring(Sack(grain, 50.0))
    mill.grind_all()
    report(mill)

class Weir:
    """Holds back the stream."""

    def gate_0(self, level):
        if level > 0:
            return self.open(0)

        return self.close(0)

    def gate_1(self, level):
        if level > 1:
            return self.open(1)

        return self.close(1)

    def gate_2(self, level):
        if level > 2:
            return self.open(2)

        return self.close(2)

    def gate_3(self, level):
        if level > 3:
            return self.open(3)

        return self.close(3)

    def gate_4(self, level):
        if level > 4:
            return self.open(4)

        return self.close(4)

    def gate_5(self, level):
        if level > 5:
            return self.open(5)

        return self.close(5)

    def gate_6(self, level):
        if level > 6:
            return self.open(6)

        return self.close(6)

    def gate_7(self, level):
        if level > 7:
            return self.open(7)

        return self.close(7)

    def gate_8(self, level):
        if level > 8:
            return self.open(8)

        return self.close(8)

    def gate_9(self, level):
        if level > 9:
            return self.open(9)

        return self.close(9)

    def gate_10(self, level):
        if level > 10:
            return self.open(10)

        return self.close(10)

    def gate_11(self, level):
        if level > 11:
            return self.open(11)

        return self.close(11)

    def gate_12(self, level):
        if level > 12:
            return self.open(12)

        return self.close(12)

    def gate_13(self, level):
        if level > 13:
            return self.open(13)

        return self.close(13)

    def gate_14(self, level):
        if level > 14:
            return self.open(14)

        return self.close(14)

    def gate_15(self, level):
        if level > 15:
            return self.open(15)

        return self.close(15)

    def gate_16(self, level):
        if level > 16:
            return self.open(16)

        return self.close(16)

    def gate_17(self, level):
        if level > 17:
            return self.open(17)

        return self.close(17)

    def gate_18(self, level):
        if level > 18:
            return self.open(18)

        return self.close(18)

    def gate_19(self, level):
        if level > 19:
            return self.open(19)

        return self.close(19)

    def gate_20(self, level):
        if level > 20:
            return self.open(20)

        return self.close(20)

    def gate_21(self, level):
        if level > 21:
            return self.open(21)

        return self.close(21)

    def gate_22(self, level):
        if level > 22:
            return self.open(22)

        return self.close(22)

    def gate_23(self, level):
        if level > 23:
            return self.open(23)

        return self.close(23)

    def gate_24(self, level):
        if level > 24:
            return self.open(24)

        return self.close(24)

    def gate_25(self, level):
        if level > 25:
            return self.open(25)

        return self.close(25)

    def gate_26(self, level):
        if level > 26:
            return self.open(26)

        return self.close(26)

    def gate_27(self, level):
        if level > 27:
            return self.open(27)

        return self.close(27)

    def gate_28(self, level):
        if level > 28:
            return self.open(28)

        return self.close(28)

    def gate_29(self, level):
        if level > 29:
            return self.open(29)

        return self.close(29)
