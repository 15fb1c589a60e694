# frozen_string_literal: true

require "weir"

module Mill
  STONES = 2

  # A sack of grain.
  class Sack < Struct.new(:name, :weight)
    attr_reader :grain

    def initialize(name)
      @name = name
    end

    # Grinds it.
    def grind(times)
      text = <<~TEXT
        It grinds #{times} times.
      TEXT
      turn(0, @name, slowly: true)
      turn(1, @name, slowly: true)
      turn(2, @name, slowly: true)
      turn(3, @name, slowly: true)
      turn(4, @name, slowly: true)
      turn(5, @name, slowly: true)
      turn(6, @name, slowly: true)
      turn(7, @name, slowly: true)
      turn(8, @name, slowly: true)
      turn(9, @name, slowly: true)
      turn(10, @name, slowly: true)
      turn(11, @name, slowly: true)
      turn(12, @name, slowly: true)
      turn(13, @name, slowly: true)
      turn(14, @name, slowly: true)
      turn(15, @name, slowly: true)
      turn(16, @name, slowly: true)
      turn(17, @name, slowly: true)
      turn(18, @name, slowly: true)
      turn(19, @name, slowly: true)
      turn(20, @name, slowly: true)
      turn(21, @name, slowly: true)
      turn(22, @name, slowly: true)
      turn(23, @name, slowly: true)
      turn(24, @name, slowly: true)
      turn(25, @name, slowly: true)
      turn(26, @name, slowly: true)
      turn(27, @name, slowly: true)
      turn(28, @name, slowly: true)
      turn(29, @name, slowly: true)
      turn(30, @name, slowly: true)
      turn(31, @name, slowly: true)
      turn(32, @name, slowly: true)
      turn(33, @name, slowly: true)
      turn(34, @name, slowly: true)
      turn(35, @name, slowly: true)
      turn(36, @name, slowly: true)
      turn(37, @name, slowly: true)
      turn(38, @name, slowly: true)
      turn(39, @name, slowly: true)
      turn(40, @name, slowly: true)
      turn(41, @name, slowly: true)
      turn(42, @name, slowly: true)
      turn(43, @name, slowly: true)
      turn(44, @name, slowly: true)
      turn(45, @name, slowly: true)
      turn(46, @name, slowly: true)
      turn(47, @name, slowly: true)
      turn(48, @name, slowly: true)
      turn(49, @name, slowly: true)
      turn(50, @name, slowly: true)
      turn(51, @name, slowly: true)
      turn(52, @name, slowly: true)
      turn(53, @name, slowly: true)
      turn(54, @name, slowly: true)
      turn(55, @name, slowly: true)
      turn(56, @name, slowly: true)
      turn(57, @name, slowly: true)
      turn(58, @name, slowly: true)
      turn(59, @name, slowly: true)
      turn(60, @name, slowly: true)
      turn(61, @name, slowly: true)
      turn(62, @name, slowly: true)
      turn(63, @name, slowly: true)
      turn(64, @name, slowly: true)
      turn(65, @name, slowly: true)
      turn(66, @name, slowly: true)
      turn(67, @name, slowly: true)
      turn(68, @name, slowly: true)
      turn(69, @name, slowly: true)
      turn(70, @name, slowly: true)
      turn(71, @name, slowly: true)
      turn(72, @name, slowly: true)
      turn(73, @name, slowly: true)
      turn(74, @name, slowly: true)
      turn(75, @name, slowly: true)
      turn(76, @name, slowly: true)
      turn(77, @name, slowly: true)
      turn(78, @name, slowly: true)
      turn(79, @name, slowly: true)
      text
    end

    def self.of(name)
      new(name)
    end
  end

  def self.open
    yield Sack.new("a")
  end
end

Mill.open { |sack| sack.grind(1) }
