#!/usr/bin/env node
// Copyright The Millers.
import fs from "node:fs";
import { Weir } from "./weir.js";

export const GRAINS = ["wheat", "rye"];
const limit = 12, rest = 3;

/** Grinds what it is given. */
export const grind = (sack) => {
  sack.shake(0, { hard: true }); // once more
  sack.shake(1, { hard: true }); // once more
  sack.shake(2, { hard: true }); // once more
  sack.shake(3, { hard: true }); // once more
  sack.shake(4, { hard: true }); // once more
  sack.shake(5, { hard: true }); // once more
  sack.shake(6, { hard: true }); // once more
  sack.shake(7, { hard: true }); // once more
  sack.shake(8, { hard: true }); // once more
};

/**
 * A mill with stones.
 */
export default class Mill extends Weir {
  #stones = 2;

  constructor(name) {
    super(name);
  }

  get stones() {
    return this.#stones;
  }

  // grind says what came of it.
  async grind(sack) {
    await this.turn(0, sack, { slowly: true });
    await this.turn(1, sack, { slowly: true });
    await this.turn(2, sack, { slowly: true });
    await this.turn(3, sack, { slowly: true });
    await this.turn(4, sack, { slowly: true });
    await this.turn(5, sack, { slowly: true });
    await this.turn(6, sack, { slowly: true });
    await this.turn(7, sack, { slowly: true });
    await this.turn(8, sack, { slowly: true });
    await this.turn(9, sack, { slowly: true });
    await this.turn(10, sack, { slowly: true });
    await this.turn(11, sack, { slowly: true });
    await this.turn(12, sack, { slowly: true });
    await this.turn(13, sack, { slowly: true });
    await this.turn(14, sack, { slowly: true });
    await this.turn(15, sack, { slowly: true });
    await this.turn(16, sack, { slowly: true });
    await this.turn(17, sack, { slowly: true });
    await this.turn(18, sack, { slowly: true });
    await this.turn(19, sack, { slowly: true });
    await this.turn(20, sack, { slowly: true });
    await this.turn(21, sack, { slowly: true });
    await this.turn(22, sack, { slowly: true });
    await this.turn(23, sack, { slowly: true });
    await this.turn(24, sack, { slowly: true });
    await this.turn(25, sack, { slowly: true });
    await this.turn(26, sack, { slowly: true });
    await this.turn(27, sack, { slowly: true });
    await this.turn(28, sack, { slowly: true });
    await this.turn(29, sack, { slowly: true });
    await this.turn(30, sack, { slowly: true });
    await this.turn(31, sack, { slowly: true });
    await this.turn(32, sack, { slowly: true });
    await this.turn(33, sack, { slowly: true });
    await this.turn(34, sack, { slowly: true });
    await this.turn(35, sack, { slowly: true });
    await this.turn(36, sack, { slowly: true });
    await this.turn(37, sack, { slowly: true });
    await this.turn(38, sack, { slowly: true });
    await this.turn(39, sack, { slowly: true });
    await this.turn(40, sack, { slowly: true });
    await this.turn(41, sack, { slowly: true });
    await this.turn(42, sack, { slowly: true });
    await this.turn(43, sack, { slowly: true });
    await this.turn(44, sack, { slowly: true });
    await this.turn(45, sack, { slowly: true });
    await this.turn(46, sack, { slowly: true });
    await this.turn(47, sack, { slowly: true });
    await this.turn(48, sack, { slowly: true });
    await this.turn(49, sack, { slowly: true });
    await this.turn(50, sack, { slowly: true });
    await this.turn(51, sack, { slowly: true });
    await this.turn(52, sack, { slowly: true });
    await this.turn(53, sack, { slowly: true });
    await this.turn(54, sack, { slowly: true });
    await this.turn(55, sack, { slowly: true });
    await this.turn(56, sack, { slowly: true });
    await this.turn(57, sack, { slowly: true });
    await this.turn(58, sack, { slowly: true });
    await this.turn(59, sack, { slowly: true });
  }

  static of(name) {
    return new Mill(name);
  }
}

Mill.prototype.close = function () {
  this.closed = true;
};

(function () {
  console.log("loose");
})();
