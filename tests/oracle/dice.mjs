// Dice whose every throw is decided by a seed and an execution's number, so that one execution can be repeated alone.

export class Dice {
  constructor(seed, execution) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(execution, 0x85ebca77) ^ (execution / 2 ** 32)) >>> 0;
  }

  // A whole number from 0 to `end`, which is left out. Mulberry32.
  below(end) {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  one(of) {
    return of[this.below(of.length)];
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  // Every whole number from 1 to `end`, each with the same chance.
  ids(end, percent) {
    const ids = [];
    for (let id = 1; id <= end; id++) if (this.chance(percent)) ids.push(id);
    return ids;
  }

  shuffled(list) {
    for (let at = list.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [list[at], list[other]] = [list[other], list[at]];
    }
    return list;
  }
}
