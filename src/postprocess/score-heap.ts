/** A queue that gives the highest score first, and equal scores in the order of the SDK's Linux builds. */
import type { IntList } from './scratch.js';

/**
 * A queue is a list of indices of `scores`. Among equal scores the order is that of a binary heap filled one by
 * one and emptied from the top as the GNU C++ library does it: the SDK's non-maximum suppression takes its
 * candidates from such a heap, so which of two equal boxes survives depends on it.
 *
 * @param scores no NaN; the same in every call for one queue
 */
export function enqueue(queue: IntList, scores: Float32Array, index: number): void {
  queue.push(index);
  rise(queue.items, scores, queue.length - 1, index);
}

/**
 * Takes the index of the highest score away.
 *
 * @param queue not empty
 */
export function dequeue(queue: IntList, scores: Float32Array): number {
  const heap = queue.items;
  const best = heap[0] as number;
  const length = --queue.length;
  sink(heap, scores, length, heap[length] as number);
  return best;
}

/** Puts `index` at `hole`, then moves it up while its parent scores less. */
function rise(heap: Int32Array, scores: Float32Array, hole: number, index: number): void {
  const score = scores[index] as number;
  let position = hole;
  while (position > 0) {
    const parent = (position - 1) >> 1;
    const above = heap[parent] as number;
    if (!((scores[above] as number) < score)) break;
    heap[position] = above;
    position = parent;
  }
  heap[position] = index;
}

/** The hole at the root sinks to a leaf along the better children; `last` then fills it and rises. */
function sink(heap: Int32Array, scores: Float32Array, length: number, last: number): void {
  let hole = 0;
  let right = 2;
  while (right < length) {
    const left = right - 1;
    const better =
      (scores[heap[right] as number] as number) < (scores[heap[left] as number] as number) ? left : right;
    heap[hole] = heap[better] as number;
    hole = better;
    right = 2 * hole + 2;
  }
  if (right === length) {
    heap[hole] = heap[right - 1] as number;
    hole = right - 1;
  }
  rise(heap, scores, hole, last);
}
