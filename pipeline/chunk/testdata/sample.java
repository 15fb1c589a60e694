/*
 * Copyright The Millers.
 */
package org.example.mill;

import java.util.List;
import static java.util.Map.entry;

/** What a mill does. */
@Deprecated
public class Mill<T extends Sack> implements Grinder {
    private static final int STONES = 2;
    private final List<T> sacks;

    public Mill(List<T> sacks) {
        this.sacks = sacks;
    }

    public int size() {
        return sacks.size();
    }

    /** Grinds all. */
    @Override
    public long grind(T sack) throws Exception {
        turn(0, sack); // slowly, and not too hard
        turn(1, sack); // slowly, and not too hard
        turn(2, sack); // slowly, and not too hard
        turn(3, sack); // slowly, and not too hard
        turn(4, sack); // slowly, and not too hard
        turn(5, sack); // slowly, and not too hard
        turn(6, sack); // slowly, and not too hard
        turn(7, sack); // slowly, and not too hard
        turn(8, sack); // slowly, and not too hard
        turn(9, sack); // slowly, and not too hard
        turn(10, sack); // slowly, and not too hard
        turn(11, sack); // slowly, and not too hard
        turn(12, sack); // slowly, and not too hard
        turn(13, sack); // slowly, and not too hard
        turn(14, sack); // slowly, and not too hard
        turn(15, sack); // slowly, and not too hard
        turn(16, sack); // slowly, and not too hard
        turn(17, sack); // slowly, and not too hard
        turn(18, sack); // slowly, and not too hard
        turn(19, sack); // slowly, and not too hard
        turn(20, sack); // slowly, and not too hard
        turn(21, sack); // slowly, and not too hard
        turn(22, sack); // slowly, and not too hard
        turn(23, sack); // slowly, and not too hard
        turn(24, sack); // slowly, and not too hard
        turn(25, sack); // slowly, and not too hard
        turn(26, sack); // slowly, and not too hard
        turn(27, sack); // slowly, and not too hard
        turn(28, sack); // slowly, and not too hard
        turn(29, sack); // slowly, and not too hard
        turn(30, sack); // slowly, and not too hard
        turn(31, sack); // slowly, and not too hard
        turn(32, sack); // slowly, and not too hard
        turn(33, sack); // slowly, and not too hard
        turn(34, sack); // slowly, and not too hard
        turn(35, sack); // slowly, and not too hard
        turn(36, sack); // slowly, and not too hard
        turn(37, sack); // slowly, and not too hard
        turn(38, sack); // slowly, and not too hard
        turn(39, sack); // slowly, and not too hard
        turn(40, sack); // slowly, and not too hard
        turn(41, sack); // slowly, and not too hard
        turn(42, sack); // slowly, and not too hard
        turn(43, sack); // slowly, and not too hard
        turn(44, sack); // slowly, and not too hard
        turn(45, sack); // slowly, and not too hard
        turn(46, sack); // slowly, and not too hard
        turn(47, sack); // slowly, and not too hard
        turn(48, sack); // slowly, and not too hard
        turn(49, sack); // slowly, and not too hard
        return 1L;
    }

    enum Side { UPPER, LOWER }

    interface Stone {
        int weight();
    }
}

record Pair<A, B>(A first, B second) {}
