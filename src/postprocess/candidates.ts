/** The possible boxes of one decoding. */
import { LEAST_ROOM, resized, roomAtStart } from './scratch.js';

/** Possible boxes as columns of float32 numbers: corners in pixels of the model input, in any order; none is NaN. */
export class Candidates {
  length = 0;
  x1 = new Float32Array(LEAST_ROOM);
  y1 = new Float32Array(LEAST_ROOM);
  x2 = new Float32Array(LEAST_ROOM);
  y2 = new Float32Array(LEAST_ROOM);
  score = new Float32Array(LEAST_ROOM);
  labelIndex = new Int32Array(LEAST_ROOM);

  /** Rounds to float32. A box with a corner that is NaN is left out. */
  add(x1: number, y1: number, x2: number, y2: number, score: number, labelIndex: number): void {
    if (Number.isNaN(x1) || Number.isNaN(y1) || Number.isNaN(x2) || Number.isNaN(y2)) return;
    const index = this.length;
    if (index === this.score.length) this.#resize(2 * index);
    this.x1[index] = x1;
    this.y1[index] = y1;
    this.x2[index] = x2;
    this.y2[index] = y2;
    this.score[index] = score;
    this.labelIndex[index] = labelIndex;
    this.length = index + 1;
  }

  clear(): void {
    this.length = 0;
    const room = roomAtStart(this.score.length);
    if (room !== this.score.length) this.#resize(room);
  }

  #resize(room: number): void {
    this.x1 = resized(this.x1, room);
    this.y1 = resized(this.y1, room);
    this.x2 = resized(this.x2, room);
    this.y2 = resized(this.y2, room);
    this.score = resized(this.score, room);
    this.labelIndex = resized(this.labelIndex, room);
  }
}

const shared = new Candidates();

/** The one list of candidates, emptied. It belongs to the decoder that asks for it until that returns. */
export function noCandidates(): Candidates {
  shared.clear();
  return shared;
}
