//! What a mill does.
const std = @import("std");

/// A sack of grain.
pub const Sack = struct {
    weight: u32,

    const empty = Sack{ .weight = 0 };

    pub fn init(weight: u32) Sack {
        return .{ .weight = weight };
    }

    fn grind(self: *Sack) !void {
        while (self.weight > 0) : (self.weight -= 1) {
            try turn();
        }
    }
};

const Side = enum { upper, lower };
pub const Error = error{Dry};

var stones: usize = 2;
pub const limit: usize = 10;

fn turn() !void {
    return error.Dry;
}

test "a sack is ground" {
    var sack = Sack.init(1);
    try sack.grind();
}
