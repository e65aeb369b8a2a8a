/** A queue that gives the highest score first, and equal scores in the order of the SDK's Linux builds. */

/**
 * Indices of `scores` from the highest to the lowest. Among equal scores the order is that of a binary heap
 * filled one by one and emptied from the top as the GNU C++ library does it: the SDK's non-maximum
 * suppression takes its candidates from such a heap, so which of two equal boxes survives depends on it.
 *
 * @param scores no NaN
 */
export function descendingByHeap(scores: Float32Array): Int32Array {
  const heap = new Int32Array(scores.length);
  for (let size = 0; size < scores.length; size++) rise(heap, scores, size, size);
  const order = new Int32Array(scores.length);
  for (let size = scores.length; size > 0; size--) {
    order[scores.length - size] = heap[0] as number;
    removeTop(heap, scores, size);
  }
  return order;
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

/** The hole at the root sinks to a leaf along the better children; the last element then fills it and rises. */
function removeTop(heap: Int32Array, scores: Float32Array, size: number): void {
  const last = heap[size - 1] as number;
  const length = size - 1;
  let hole = 0;
  let right = 2;
  while (right < length) {
    const better = score(heap, scores, right) < score(heap, scores, right - 1) ? right - 1 : right;
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

function score(heap: Int32Array, scores: Float32Array, position: number): number {
  return scores[heap[position] as number] as number;
}
