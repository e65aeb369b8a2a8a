/** How much two boxes overlap. */
import type { Candidates } from './candidates.js';
import { LEAST_ROOM, resized, roomAtStart } from './scratch.js';

const f = Math.fround;

/** Boxes as columns of float32 numbers, each with its smaller corner first. */
export class Rectangles {
  length = 0;
  left = new Float32Array(LEAST_ROOM);
  top = new Float32Array(LEAST_ROOM);
  right = new Float32Array(LEAST_ROOM);
  bottom = new Float32Array(LEAST_ROOM);
  area = new Float32Array(LEAST_ROOM);

  clear(): void {
    this.length = 0;
    const room = roomAtStart(this.area.length);
    if (room !== this.area.length) this.#resize(room);
  }

  /** @returns the place of the new rectangle */
  add({ x1, y1, x2, y2 }: Candidates, candidate: number): number {
    const place = this.length;
    if (place === this.area.length) this.#resize(2 * place);
    const left = Math.min(x1[candidate] as number, x2[candidate] as number);
    const top = Math.min(y1[candidate] as number, y2[candidate] as number);
    const right = Math.max(x1[candidate] as number, x2[candidate] as number);
    const bottom = Math.max(y1[candidate] as number, y2[candidate] as number);
    this.left[place] = left;
    this.top[place] = top;
    this.right[place] = right;
    this.bottom[place] = bottom;
    this.area[place] = f(right - left) * f(bottom - top);
    this.length = place + 1;
    return place;
  }

  /**
   * Intersection over union, 0..1, in float32 with one rounding an operation. 0 where either box has no area:
   * such boxes neither suppress nor are suppressed.
   */
  iou(a: number, b: number): number {
    const { left, top, right, bottom, area } = this;
    const leftA = left[a] as number;
    const leftB = left[b] as number;
    const rightA = right[a] as number;
    const rightB = right[b] as number;
    if (!(leftA < rightB && leftB < rightA)) return 0;
    const topA = top[a] as number;
    const topB = top[b] as number;
    const bottomA = bottom[a] as number;
    const bottomB = bottom[b] as number;
    if (!(topA < bottomB && topB < bottomA)) return 0;
    const areaA = area[a] as number;
    const areaB = area[b] as number;
    if (areaA <= 0 || areaB <= 0) return 0;
    const across = f(Math.min(rightA, rightB) - Math.max(leftA, leftB));
    const down = f(Math.min(bottomA, bottomB) - Math.max(topA, topB));
    const common = f(across * down);
    return f(common / f(f(areaA + areaB) - common));
  }

  #resize(room: number): void {
    this.left = resized(this.left, room);
    this.top = resized(this.top, room);
    this.right = resized(this.right, room);
    this.bottom = resized(this.bottom, room);
    this.area = resized(this.area, room);
  }
}
