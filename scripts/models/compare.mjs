/** Our outputs beside those that `expected.json` states. */

/** Two scores that are no further apart than this share of the range are a tie for kernels that round otherwise. */
const TIE = 8 / 256;

/** What `compareOutputs` gives where nothing differs. */
export const NO_DIFFERENCE = { steps: 0, relative: 0, lead: 0 };

/**
 * Largest difference over all outputs of one run.
 *
 * @param expected list of `{ name, shape, dtype, values }` or `{ top10_index, top10_value, min, max }`
 * @param outputs our tensors; matched by name where names are there, else by order
 * @returns `steps` for integer outputs, `relative` (to the largest magnitude expected) for float ones; `lead`: how far the
 *   reference puts its winner before ours, as a share of the range, 0 where it is the same
 */
export function compareOutputs(expected, outputs) {
  const tensors = expected.map((want, index) => [
    want,
    outputs.find(({ name }) => name === want.name) ?? outputs[index],
  ]);
  const order = detectionOrder(tensors);
  return tensors
    .map(([want, got]) => {
      const ranks =
        order === undefined ? want.shape.length === 2 && want.values?.length > 1 : want === order.scores;
      return compareTensor(want, comparablePairs(want, got, order), ranks);
    })
    .reduce(worseOf, NO_DIFFERENCE);
}

/** The larger of each difference. */
export function worseOf(a, b) {
  return {
    steps: Math.max(a.steps, b.steps),
    relative: Math.max(a.relative, b.relative),
    lead: Math.max(a.lead, b.lead),
  };
}

/** @param ranks whether the largest element is the answer */
function compareTensor({ dtype }, pairs, ranks) {
  const largest = Math.max(...pairs.map(([, theirs]) => Math.abs(theirs)), 1e-9);
  const difference = Math.max(0, ...pairs.map(([ours, theirs]) => Math.abs(ours - theirs)));
  const isFloat = dtype === 'float32';
  return {
    steps: isFloat ? 0 : difference,
    relative: isFloat ? difference / largest : 0,
    lead: ranks ? leadOf(pairs) / (isFloat ? largest : 256) : 0,
  };
}

/** How much more the reference gives its winner than ours. */
function leadOf(pairs) {
  const best = pairs.reduce((winner, pair, i) => (pair[0] > pairs[winner][0] ? i : winner), 0);
  const tied = pairs.filter(([ours]) => ours === pairs[best][0]).map(([, theirs]) => theirs);
  return Math.max(...pairs.map(([, theirs]) => theirs)) - Math.max(...tied);
}

/** [ours, theirs] for every element that the reference states. */
function comparablePairs(want, got, order) {
  if (got === undefined) throw new Error(`output ${want.name} is missing`);
  if (got.data.length !== want.count) {
    throw new Error(`output ${want.name} has ${got.data.length} elements, expected ${want.count}`);
  }
  if (want.values === undefined) {
    return want.top10_index.map((position, i) => [Number(got.data[position]), want.top10_value[i]]);
  }
  const [ours, theirs] = [Array.from(got.data, Number), want.values.flat(Number.POSITIVE_INFINITY)];
  if (order === undefined || want.shape.length < 2) return ours.map((value, i) => [value, theirs[i]]);
  const width = want.count / order.slots;
  const sorted = (values, slots) => slots.flatMap((slot) => values.slice(slot * width, (slot + 1) * width));
  const [left, right] = [sorted(ours, order.ours), sorted(theirs, order.theirs)];
  return left.map((value, i) => [value, right[i]]);
}

/**
 * Among detections of the same score the order is a matter of the sort, and which of them is the last to be given too:
 * slots in an order of their own, without those of the last score. Undefined for outputs that are no detections.
 */
function detectionOrder(tensors) {
  const boxes = tensors.find(([{ shape }]) => shape.length === 3 && shape[2] === 4);
  const counts = tensors.filter(([{ count }]) => count === 1);
  const columns = tensors.filter(([{ shape }]) => shape.length === 2);
  if (boxes === undefined || counts.length !== 1 || columns.length !== 2 || tensors.length !== 4) {
    return undefined;
  }
  const slots = boxes[0].shape[1];
  const scores = columns.find(([{ values }]) => values.flat().some((value) => !Number.isInteger(value)));
  if (scores === undefined) return undefined;
  const slotsOf = (all, corners) => {
    const kept = all.map((_, slot) => slot).filter((slot) => all[slot] > all[slots - 1]);
    return kept.sort((a, b) => all[b] - all[a] || corners[4 * a] - corners[4 * b]);
  };
  const theirs = slotsOf(scores[0].values.flat(), boxes[0].values.flat(2));
  const ours = slotsOf(Array.from(scores[1].data), Array.from(boxes[1].data));
  const length = Math.min(ours.length, theirs.length);
  return { slots, scores: scores[0], ours: ours.slice(0, length), theirs: theirs.slice(0, length) };
}

/** In one word. Kernels of different engines round differently: integers may be two steps off, floats 1e-4. */
export function verdict({ steps, relative, lead }, quantisedInside) {
  const limit = quantisedInside ? 0.05 : 1e-4;
  if (steps <= 2 && relative <= limit) return 'equal';
  return lead <= (quantisedInside ? TIE : 0) ? 'close' : 'differs';
}
