/** Numbers that look random and are the same every time: from a target's name, a seed and the number of a case. */

/** Where lengths, counts, offsets and types of integers end. */
const EDGES = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  15,
  16,
  31,
  32,
  63,
  64,
  100,
  127,
  128,
  255,
  256,
  1000,
  4096,
  32767,
  32768,
  65535,
  65536,
  0xffffff,
  0x7fffffff,
  0x80000000,
  0xfffffffc,
  0xffffffff,
  2 ** 32,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 62,
];

export class Random {
  #state;

  /** @param {...(string | number)} parts */
  constructor(...parts) {
    this.#state = hash(parts.join('/'));
  }

  /** 0..1, without 1 (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 on, less than `end`; 0 where there is none. */
  below(end) {
    return Math.floor(this.next() * end);
  }

  chance(share) {
    return this.next() < share;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  /** Small numbers often, large ones seldom: 1, 2, 3, ... */
  few() {
    let count = 1;
    while (this.chance(0.5) && count < 12) count++;
    return count;
  }

  /** A whole number at which something may break, of either sign. */
  edge() {
    const value = this.pick(EDGES) + this.pick([0, 0, 0, -1, 1]);
    return this.chance(0.15) ? -value : value;
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** FNV-1a. */
function hash(text) {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state;
}
