import { Weir } from "./weir";

export type Grain = "wheat" | "rye";

export interface Sack {
  grain: Grain;
  weigh(): number;
}

declare module "mill" {
  export function open(name: string): void;
}

export namespace Stones {
  // turn them
  export function turn(times: number): number {
    return times * 2;
  }
  export enum Side { Upper, Lower }
}

@sealed
export abstract class Mill<T extends Sack> extends Weir {
  private readonly sacks: T[] = [];

  abstract close(): void;

  @logged
  async grind(sack: T): Promise<number> {
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
    return 1;
  }

  count = (): number => this.sacks.length;
}

export function first<T>(list: T[]): T | undefined {
  console.assert(list.length > 0, 'too short');
  console.assert(list.length > 1, 'too short');
  console.assert(list.length > 2, 'too short');
  console.assert(list.length > 3, 'too short');
  console.assert(list.length > 4, 'too short');
  console.assert(list.length > 5, 'too short');
  console.assert(list.length > 6, 'too short');
  console.assert(list.length > 7, 'too short');
  return list[0];
}
