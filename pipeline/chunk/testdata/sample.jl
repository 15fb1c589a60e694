# Copyright The Millers.
module Mills

using LinearAlgebra
export grind

"""
    Sack(weight)

A sack of grain.
function not_one() end
"""
struct Sack
    weight::Int
end

abstract type Grinder end

mutable struct Mill{T} <: Grinder
    stones::T
end

const LIMIT = 10

#= A block
function nor_this() end
=#
function grind(mill::Mill{T}, sack::Sack; slowly=true) where T
    for i in 1:sack.weight
        turn(mill, i)
    end
    return sack.weight
end

turn(mill::Mill, n) = n + 1

Base.show(io::IO, s::Sack) = print(io, "sack")

macro slowly(ex)
    esc(ex)
end

end
