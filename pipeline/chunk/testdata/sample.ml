(* Copyright The Millers.
let not_one = 1 *)
open Printf

type sack = {
  weight : int;
  name : string;
}

type 'a gate = Open of 'a | Closed

exception Dry of string

module Mill = struct
  let stones = 2

  let grind sack =
    let rec turn n =
      if n = 0 then 0 else turn (n - 1)
    in
    turn sack.weight

  let ( + ) a b = a
end

module type GRINDER = sig
  val grind : sack -> int
end

class weir level = object
  method rise n = level + n
end

let rec even n = n = 0 || odd (n - 1)
and odd n = n <> 0 && even (n - 1)

let () = printf "%d" Mill.stones
