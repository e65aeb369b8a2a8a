/** Questions of our own, for which no answer is recorded: it must be sound, and the same from the deployment's package. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openDeployment } from '../../dist/index.js';

/**
 * Converts a deployment, opens the package, and asks both the same.
 *
 * @param open the deployment
 * @param convert makes the package
 * @returns a finding: `{ what, right, why? }`
 */
export async function differsFromPackage(open, info, { shared, options }, convert) {
  const inputs = ownInputs(info, shared);
  const answers = await answersTo(open, inputs, info);
  const unsound = answers.map(unsoundness).find((text) => text !== undefined);
  if (unsound !== undefined) return { what: 'sound answers', right: false, why: unsound };
  if (info.runner !== undefined) return refusesPackage(inputs.length, convert);
  const { bytes } = await convert();
  const { engine } = options;
  const again = await openDeployment(bytes, engine === undefined ? {} : { engine });
  try {
    const same = isDeepStrictEqual(await answersTo(again, inputs, info), answers);
    return {
      what: `${inputs.length} same answers from its package`,
      right: same,
      ...(!same && { why: 'its package answers otherwise' }),
    };
  } finally {
    await again.close();
  }
}

/** A runner holds no model that could be packed: that has to be said. */
async function refusesPackage(count, convert) {
  try {
    await convert();
  } catch ({ code }) {
    return { what: `${count} sound answers`, right: code === 'ERR_UNSUPPORTED_FORMAT' };
  }
  return { what: 'no package', right: false, why: 'a runner was packed' };
}

/** A photo, plain noise and silence; a model that takes nothing but its own tensor gets that. */
function ownInputs({ input, dspBlocks, learnBlocks }, shared) {
  if (input.inputType === 'image') {
    return [join(shared, 'photos', 'cat.bmp'), join(shared, 'photos', 'grace_hopper.bmp')];
  }
  const count = input.featureCount;
  const wave = (period) =>
    Float64Array.from({ length: count }, (_, i) => Math.round(900 * Math.sin(i / period)));
  const key = dspBlocks.length === 0 && learnBlocks.some(({ model }) => model) ? 'tensor' : 'features';
  return [wave(3), wave(41), new Float64Array(count)].map((values) => ({ [key]: values }));
}

async function answersTo(deployment, inputs, { runner }) {
  const answers = [];
  for (const input of inputs) {
    const { response, boxes, tensors } = await deployment.classify(
      input,
      runner === undefined ? { tensors: true } : {},
    );
    answers.push({
      response,
      boxes,
      outputs: tensors?.map(({ outputs }) => outputs.map(({ data }) => data)),
    });
  }
  return answers;
}

/** In words, or undefined: numbers are numbers, and scores of a classifier make one. */
function unsoundness({ response }) {
  const values = Object.values(response.result ?? {}).flat(Number.POSITIVE_INFINITY);
  const bad = values.find((value) => typeof value === 'number' && !Number.isFinite(value));
  return bad === undefined ? undefined : `an answer holds ${bad}`;
}
