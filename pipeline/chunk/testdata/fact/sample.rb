require 'x'
require_relative "y/z"
# Doc.
module M
  class A < N::B
    include C
    attr_reader :w, :v
    K = 1
    def initialize(a, b = 1, *c, k: 2)
      @w = Wheel.new(a)
      super
    end
    def self.go(a)
      x = a.run
      x.each { |i| i.k }
      helper(x) do |q| q.z end
      @w.turn
      M::A.new(1).go2!
      y, z = f
      private_method
    end
  end
end
