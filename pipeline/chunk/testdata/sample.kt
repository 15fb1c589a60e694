@file:JvmName("Mills")

package org.example.mill

import kotlin.math.max

const val STONES = 2

/** A sack of grain. */
data class Sack(val name: String, val weight: Int)

@Deprecated("old")
class Mill<T : Sack>(private val sacks: List<T>) : Weir() {
    var stones: Int = 2
        private set

    constructor(one: T) : this(listOf(one))

    /** Grinds. */
    suspend fun grind(sack: T): Int {
        turn(0, sack.weight, slowly = true) // once more
        turn(1, sack.weight, slowly = true) // once more
        turn(2, sack.weight, slowly = true) // once more
        turn(3, sack.weight, slowly = true) // once more
        turn(4, sack.weight, slowly = true) // once more
        turn(5, sack.weight, slowly = true) // once more
        turn(6, sack.weight, slowly = true) // once more
        turn(7, sack.weight, slowly = true) // once more
        turn(8, sack.weight, slowly = true) // once more
        turn(9, sack.weight, slowly = true) // once more
        turn(10, sack.weight, slowly = true) // once more
        turn(11, sack.weight, slowly = true) // once more
        turn(12, sack.weight, slowly = true) // once more
        turn(13, sack.weight, slowly = true) // once more
        turn(14, sack.weight, slowly = true) // once more
        turn(15, sack.weight, slowly = true) // once more
        turn(16, sack.weight, slowly = true) // once more
        turn(17, sack.weight, slowly = true) // once more
        turn(18, sack.weight, slowly = true) // once more
        turn(19, sack.weight, slowly = true) // once more
        turn(20, sack.weight, slowly = true) // once more
        turn(21, sack.weight, slowly = true) // once more
        turn(22, sack.weight, slowly = true) // once more
        turn(23, sack.weight, slowly = true) // once more
        turn(24, sack.weight, slowly = true) // once more
        turn(25, sack.weight, slowly = true) // once more
        turn(26, sack.weight, slowly = true) // once more
        turn(27, sack.weight, slowly = true) // once more
        turn(28, sack.weight, slowly = true) // once more
        turn(29, sack.weight, slowly = true) // once more
        turn(30, sack.weight, slowly = true) // once more
        turn(31, sack.weight, slowly = true) // once more
        turn(32, sack.weight, slowly = true) // once more
        turn(33, sack.weight, slowly = true) // once more
        turn(34, sack.weight, slowly = true) // once more
        turn(35, sack.weight, slowly = true) // once more
        turn(36, sack.weight, slowly = true) // once more
        turn(37, sack.weight, slowly = true) // once more
        turn(38, sack.weight, slowly = true) // once more
        turn(39, sack.weight, slowly = true) // once more
        turn(40, sack.weight, slowly = true) // once more
        turn(41, sack.weight, slowly = true) // once more
        turn(42, sack.weight, slowly = true) // once more
        turn(43, sack.weight, slowly = true) // once more
        turn(44, sack.weight, slowly = true) // once more
        turn(45, sack.weight, slowly = true) // once more
        turn(46, sack.weight, slowly = true) // once more
        turn(47, sack.weight, slowly = true) // once more
        turn(48, sack.weight, slowly = true) // once more
        turn(49, sack.weight, slowly = true) // once more
        turn(50, sack.weight, slowly = true) // once more
        turn(51, sack.weight, slowly = true) // once more
        turn(52, sack.weight, slowly = true) // once more
        turn(53, sack.weight, slowly = true) // once more
        turn(54, sack.weight, slowly = true) // once more
        turn(55, sack.weight, slowly = true) // once more
        turn(56, sack.weight, slowly = true) // once more
        turn(57, sack.weight, slowly = true) // once more
        turn(58, sack.weight, slowly = true) // once more
        turn(59, sack.weight, slowly = true) // once more
        return 1
    }

    companion object {
        fun of(name: String) = Mill(listOf(Sack(name, 1)))
    }
}

object Registry {
    val mills = mutableListOf<Mill<Sack>>()
}

fun Mill<Sack>.close() = println("closed")
