/**
 * Boxes by place and size, so that those that overlap another one by much are found without looking at all of
 * them: where the intersection over union is high, both boxes have about the same sides and the same place.
 */
import type { Rectangles } from './overlap.js';
import { IntList } from './scratch.js';

/**
 * What can be searched for: sides and corners in pixels. Within this the float32 roundings of the overlap are no
 * more than `SLACK`, and cells are counted in 32 bits.
 */
const LEAST_LIMIT = 2 ** -10;
const LEAST_SIDE = 1;
const FARTHEST = 2 ** 20;
const SLACK = 1 - 1e-5;

/** Bits of a float32 number after its exponent. */
const MANTISSA = 23;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/**
 * A box is in the bucket of its level of width, its level of height, and the cell that holds its left upper
 * corner. The level of a side is the upper bits of the float32 number, which are a logarithm of it; cells are as
 * large as the sides of a level differ.
 */
export class BoxIndex {
  readonly #boxes: Rectangles;
  /** By bucket its latest box, and by box the one before it in its bucket; -1 is none. */
  readonly #latest = new IntList();
  readonly #before = new IntList();
  #limit = 1;
  #shift = MANTISSA;
  #most = 0;
  /** Levels that occur. */
  #leastX = 0;
  #mostX = 0;
  #leastY = 0;
  #mostY = 0;

  constructor(boxes: Rectangles) {
    this.#boxes = boxes;
  }

  /**
   * @param limit overlaps from this on count, float32
   * @param most so many boxes will be there at most
   */
  clear(limit: number, most: number): void {
    this.#limit = limit;
    this.#shift = MANTISSA - mantissaBits(limit);
    this.#most = most;
    this.#before.clear();
  }

  /** Whether `overlapsEarlier` can tell; boxes of absurd sizes must be compared with all others. */
  canSearch(box: number): boolean {
    const { left, right, top, bottom } = this.#boxes;
    const x1 = left[box] as number;
    const y1 = top[box] as number;
    const x2 = right[box] as number;
    const y2 = bottom[box] as number;
    return (
      this.#limit >= LEAST_LIMIT &&
      Math.min(x2 - x1, y2 - y1) >= LEAST_SIDE &&
      Math.min(x1, y1) >= -FARTHEST &&
      Math.max(x2, y2) <= FARTHEST
    );
  }

  /** Whether a box overlaps one of those before it by the limit or more. */
  overlapsEarlier(box: number): boolean {
    this.#insertThose(box);
    const boxes = this.#boxes;
    const limit = this.#limit;
    const latest = this.#latest.items;
    const before = this.#before.items;
    const mask = this.#latest.length - 1;
    const left = boxes.left[box] as number;
    const top = boxes.top[box] as number;
    const right = boxes.right[box] as number;
    const bottom = boxes.bottom[box] as number;
    // The overlap along each side is no less than that of the areas.
    const share = limit * SLACK;
    const width = right - left;
    const height = bottom - top;
    const leastArea = width * height * share;
    const narrowest = Math.max(this.#level(width * share), this.#leastX);
    const widest = Math.min(this.#level(width / share), this.#mostX);
    const lowest = Math.max(this.#level(height * share), this.#leastY);
    const highest = Math.min(this.#level(height / share), this.#mostY);
    for (let levelX = narrowest; levelX <= widest; levelX++) {
      const fromWidth = this.#leastSide(levelX);
      const toWidth = this.#leastSide(levelX + 1);
      const commonX = Math.max(width, fromWidth) * share;
      const firstX = Math.floor((left + commonX - toWidth) / (toWidth - fromWidth)) | 0;
      const lastX = Math.floor((right - commonX) / (toWidth - fromWidth)) | 0;
      for (let levelY = lowest; levelY <= highest; levelY++) {
        const fromHeight = this.#leastSide(levelY);
        const toHeight = this.#leastSide(levelY + 1);
        if (toWidth * toHeight < leastArea) continue;
        const commonY = Math.max(height, fromHeight) * share;
        const firstY = Math.floor((top + commonY - toHeight) / (toHeight - fromHeight)) | 0;
        const lastY = Math.floor((bottom - commonY) / (toHeight - fromHeight)) | 0;
        const levels = mixedLevels(levelX, levelY);
        for (let cellX = firstX; cellX <= lastX; cellX++) {
          for (let cellY = firstY; cellY <= lastY; cellY++) {
            let other = latest[bucketOf(levels, cellX, cellY) & mask] as number;
            for (; other >= 0; other = before[other] as number) {
              if (boxes.iou(other, box) >= limit) return true;
            }
          }
        }
      }
    }
    return false;
  }

  /** Boxes come in only when one is searched for. */
  #insertThose(before: number): void {
    if (this.#before.length === 0) {
      this.#latest.clear();
      this.#latest.resize(2 ** Math.ceil(Math.log2(this.#most))).fill(-1);
      this.#leastX = this.#leastY = Number.MAX_SAFE_INTEGER;
      this.#mostX = this.#mostY = 0;
    }
    while (this.#before.length < before) this.#insert(this.#before.length);
  }

  #insert(box: number): void {
    const { left, top, right, bottom } = this.#boxes;
    const x = left[box] as number;
    const y = top[box] as number;
    const levelX = this.#level((right[box] as number) - x);
    const levelY = this.#level((bottom[box] as number) - y);
    const cellX = Math.floor(x / (this.#leastSide(levelX + 1) - this.#leastSide(levelX))) | 0;
    const cellY = Math.floor(y / (this.#leastSide(levelY + 1) - this.#leastSide(levelY))) | 0;
    const bucket = bucketOf(mixedLevels(levelX, levelY), cellX, cellY) & (this.#latest.length - 1);
    this.#before.push(this.#latest.items[bucket] as number);
    this.#latest.items[bucket] = box;
    this.#leastX = Math.min(this.#leastX, levelX);
    this.#mostX = Math.max(this.#mostX, levelX);
    this.#leastY = Math.min(this.#leastY, levelY);
    this.#mostY = Math.max(this.#mostY, levelY);
  }

  #level(side: number): number {
    float[0] = side;
    return (bits[0] as number) >> this.#shift;
  }

  #leastSide(level: number): number {
    bits[0] = level << this.#shift;
    return float[0] as number;
  }
}

function mixedLevels(levelX: number, levelY: number): number {
  return Math.imul(levelX, 0x9e3779b1) ^ Math.imul(levelY, 0x85ebca77);
}

/** Different cells may share a bucket. */
function bucketOf(levels: number, cellX: number, cellY: number): number {
  const mixed = levels ^ Math.imul(cellX, 0xc2b2ae3d) ^ Math.imul(cellY, 0x27d4eb2f);
  return mixed ^ (mixed >>> 15);
}

/** 1, 2, 4, ... levels from one power of two to the next: the more, the closer two boxes must be to count. */
function mantissaBits(limit: number): number {
  return Math.max(0, Math.min(10, Math.round(Math.log2(limit / (1 - limit)) - 1)));
}
