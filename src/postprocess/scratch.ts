/**
 * Memory that decoding uses again and again, so that a decoded frame costs no more than its result. Decoding is
 * synchronous and never calls back, so one of everything is enough: nothing in it outlives a call.
 */

/** Room at first; it doubles as it is needed. */
export const LEAST_ROOM = 512;

/** More room than for so many is given back when the next call begins: one absurd frame holds no memory for good. */
const MOST_KEPT = 2 ** 16;

/** How much room a list that begins anew should have. */
export function roomAtStart(room: number): number {
  return room > MOST_KEPT ? LEAST_ROOM : room;
}

/** The column with room for more numbers or fewer; those that fit stay. */
export function resized<T extends Float32Array | Int32Array>(column: T, room: number): T {
  const other = new (column.constructor as new (length: number) => T)(room);
  other.set(column.subarray(0, room));
  return other;
}

/** A list of numbers of 32 bits that keeps its room when it is emptied. */
export class IntList {
  length = 0;
  /** The first `length` count; another array after a `push` that needed more room. */
  items = new Int32Array(LEAST_ROOM);

  clear(): void {
    this.length = 0;
    const room = roomAtStart(this.items.length);
    if (room !== this.items.length) this.items = new Int32Array(room);
  }

  push(item: number): void {
    if (this.length === this.items.length) {
      this.items = resized(this.items, 2 * this.length);
    }
    this.items[this.length++] = item;
  }

  /** The last item, taken away; undefined if there is none. */
  pop(): number | undefined {
    return this.length === 0 ? undefined : this.items[--this.length];
  }

  /** `length` items of which nothing is known yet, to be set by the caller. */
  resize(length: number): Int32Array {
    if (length > this.items.length) this.items = new Int32Array(2 ** Math.ceil(Math.log2(length)));
    this.length = length;
    return this.items;
  }

  map<T>(make: (item: number) => T): T[] {
    const made = new Array<T>(this.length);
    for (let index = 0; index < made.length; index++) made[index] = make(this.items[index] as number);
    return made;
  }

  /** By the keys of the items, the greatest first; equal ones stay in their order. No key is NaN. */
  sortDescending(keys: Float32Array): void {
    this.items.subarray(0, this.length).sort((a, b) => {
      const difference = (keys[b] as number) - (keys[a] as number);
      return difference > 0 ? 1 : difference < 0 ? -1 : 0; // small integers, which cost no memory
    });
  }
}
