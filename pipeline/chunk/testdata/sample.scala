/* Copyright The Millers. */
package mill.water

import scala.collection.mutable
import mill.stone.{Stone, Grain}

/** A sack of grain. */
final case class Sack(name: String, weight: Double)

/** What opens and closes. */
sealed trait Gate {
  def open(): Unit
  val height: Int = 3
}

object Gate {
  def apply(name: String): Gate = new Wooden(name)
}

/** Grinds what is brought. */
@deprecated("too slow", "1.0")
class Mill[T <: Grain](stones: Seq[Stone])(implicit water: Water) extends Engine with Gate {
  private var sum = 0.0

  /** Turns the stone number 0. */
  def turn_0(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.1).sum
    if (flour > 0) Left("too much") else Right(flour)
  }

  /** Turns the stone number 1. */
  def turn_1(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.2).sum
    if (flour > 1) Left("too much") else Right(flour)
  }

  /** Turns the stone number 2. */
  def turn_2(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.3).sum
    if (flour > 2) Left("too much") else Right(flour)
  }

  /** Turns the stone number 3. */
  def turn_3(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.4).sum
    if (flour > 3) Left("too much") else Right(flour)
  }

  /** Turns the stone number 4. */
  def turn_4(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.5).sum
    if (flour > 4) Left("too much") else Right(flour)
  }

  /** Turns the stone number 5. */
  def turn_5(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.6).sum
    if (flour > 5) Left("too much") else Right(flour)
  }

  /** Turns the stone number 6. */
  def turn_6(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.7).sum
    if (flour > 6) Left("too much") else Right(flour)
  }

  /** Turns the stone number 7. */
  def turn_7(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.8).sum
    if (flour > 7) Left("too much") else Right(flour)
  }

  /** Turns the stone number 8. */
  def turn_8(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.9).sum
    if (flour > 8) Left("too much") else Right(flour)
  }

  /** Turns the stone number 9. */
  def turn_9(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.10).sum
    if (flour > 9) Left("too much") else Right(flour)
  }

  /** Turns the stone number 10. */
  def turn_10(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.11).sum
    if (flour > 10) Left("too much") else Right(flour)
  }

  /** Turns the stone number 11. */
  def turn_11(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.12).sum
    if (flour > 11) Left("too much") else Right(flour)
  }

  /** Turns the stone number 12. */
  def turn_12(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.13).sum
    if (flour > 12) Left("too much") else Right(flour)
  }

  /** Turns the stone number 13. */
  def turn_13(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.14).sum
    if (flour > 13) Left("too much") else Right(flour)
  }

  /** Turns the stone number 14. */
  def turn_14(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.15).sum
    if (flour > 14) Left("too much") else Right(flour)
  }

  /** Turns the stone number 15. */
  def turn_15(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.16).sum
    if (flour > 15) Left("too much") else Right(flour)
  }

  /** Turns the stone number 16. */
  def turn_16(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.17).sum
    if (flour > 16) Left("too much") else Right(flour)
  }

  /** Turns the stone number 17. */
  def turn_17(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.18).sum
    if (flour > 17) Left("too much") else Right(flour)
  }

  /** Turns the stone number 18. */
  def turn_18(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.19).sum
    if (flour > 18) Left("too much") else Right(flour)
  }

  /** Turns the stone number 19. */
  def turn_19(sacks: List[Sack]): Either[String, Double] = {
    val flour = sacks.map(_.weight * 0.20).sum
    if (flour > 19) Left("too much") else Right(flour)
  }

  override def open(): Unit = ()
}

enum Colour(val rgb: Int) {
  case Red extends Colour(0xff0000)
  case Blue extends Colour(0x0000ff)
}

given Ordering[Sack] with {
  def compare(a: Sack, b: Sack): Int = a.weight.compare(b.weight)
}

extension (s: Sack) def heavy: Boolean = s.weight > 50

type Sacks = List[Sack]

val Largest = 100
