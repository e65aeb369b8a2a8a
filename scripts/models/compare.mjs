/** Our outputs beside those that `expected.json` states. */

/**
 * Largest difference over all outputs of one run.
 *
 * @param expected list of `{ name, shape, dtype, values }` or `{ top10_index, top10_value, min, max }`
 * @param outputs our tensors; matched by name where names are there, else by order
 * @returns `{ steps }` for integer outputs, `{ relative }` (to the largest magnitude expected) for float ones
 */
export function compareOutputs(expected, outputs) {
  const worst = { steps: 0, relative: 0, top1: true };
  for (const [index, want] of expected.entries()) {
    const got = outputs.find(({ name }) => name === want.name) ?? outputs[index];
    const pairs = comparablePairs(want, got);
    const largest = Math.max(...pairs.map(([, b]) => Math.abs(b)), 1e-9);
    for (const [ours, theirs] of pairs) {
      const difference = Math.abs(ours - theirs);
      if (want.dtype === 'float32') worst.relative = Math.max(worst.relative, difference / largest);
      else worst.steps = Math.max(worst.steps, difference);
    }
    if (want.shape.length === 2 && want.values?.length > 1) worst.top1 &&= sameTop1(pairs);
  }
  return worst;
}

/** [ours, theirs] for every element that the reference states. */
function comparablePairs(want, got) {
  if (got === undefined) throw new Error(`output ${want.name} is missing`);
  if (got.data.length !== want.count) {
    throw new Error(`output ${want.name} has ${got.data.length} elements, expected ${want.count}`);
  }
  if (want.values !== undefined) {
    const values = want.values.flat(Number.POSITIVE_INFINITY);
    return values.map((value, i) => [Number(got.data[i]), value]);
  }
  return want.top10_index.map((position, i) => [Number(got.data[position]), want.top10_value[i]]);
}

/** The reference's winner is also ours, or as good as ours (ties among quantised scores). */
function sameTop1(pairs) {
  const winner = pairs.reduce((best, pair, i) => (pair[1] > pairs[best][1] ? i : best), 0);
  const ours = Math.max(...pairs.map(([value]) => value));
  return pairs[winner][0] === ours;
}

/** In one word. Kernels of different engines round differently: integers may be two steps off, floats 1e-4. */
export function verdict({ steps, relative, top1 }, quantisedInside) {
  const limit = quantisedInside ? 0.05 : 1e-4;
  if (steps <= 2 && relative <= limit) return 'equal';
  return top1 ? 'close' : 'differs';
}
