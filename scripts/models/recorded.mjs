/** Questions that a real runner was asked, made again from what its record says of them, and its answers beside ours. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The signals that records name. `n` numbers; `axes` in a sample. */
const SIGNALS = {
  zeros: () => 0,
  'silence (zeros)': () => 0,
  'x[i] = ((i*37+11) mod 256 - 128)/16': (i) => (((i * 37 + 11) % 256) - 128) / 16,
  'x[i] = ((i*((i>>5)+3)) mod 16384) - 8192': (i) => ((i * ((i >> 5) + 3)) % 16384) - 8192,
  'square wave: x[i] = 8000 if floor(i/23) is odd else -8000': (i) =>
    Math.floor(i / 23) % 2 === 1 ? 8000 : -8000,
  'axis k of frame f: (k+1)*((f mod 20) - 10)/4': (i, axes) =>
    (((i % axes) + 1) * ((Math.floor(i / axes) % 20) - 10)) / 4,
  'axis k of frame f: 9.8 when k is 2, else ((f*f) mod 7 - 3)/10': (i, axes) =>
    i % axes === 2 ? 9.8 : ((Math.floor(i / axes) ** 2 % 7) - 3) / 10,
};
const SECOND_SIGNAL = 'x[i] = ((i*((i>>5)+3)) mod 16384) - 8192';
const PACKED_PIXELS = 'packed pixels p[i] = (i*2654435761) mod 2^24';

/**
 * @param facts folder of the record
 * @returns `{ hello, classify: [{ name, input, answer }], continuous: [{ name, slice, answer }] }`, or undefined without a
 *   record; `input` is what `classify()` takes, `answer` the runner's `result`
 */
export function readRecord(facts) {
  const file = join(facts, 'ei-runtime.json');
  if (!existsSync(file)) return undefined;
  const { exchange } = JSON.parse(readFileSync(file, 'utf8'));
  const hello = exchange.find(({ response }) => response?.model_parameters)?.response.model_parameters;
  const answered = exchange.filter(({ response }) => response?.success && response.result !== undefined);
  const asked = (command) => answered.filter(({ what }) => what.startsWith(`${command} `));
  return {
    hello,
    classify: asked('classify').map(({ what, response }) => {
      const name = what.slice('classify '.length);
      return { name, input: inputNamed(name, facts, hello), answer: response.result };
    }),
    continuous: asked('classify_continuous').map(({ what, response }, index) => ({
      name: what.slice('classify_continuous '.length),
      slice: sliceOf(SECOND_SIGNAL, index, hello),
      answer: response.result,
    })),
  };
}

function inputNamed(name, facts, hello) {
  const picture = name.match(/^(golden\/\S+\.png) /)?.[1];
  if (picture !== undefined) return join(facts, picture);
  if (name === PACKED_PIXELS) {
    const pixel = (i) => Number((BigInt(i) * 2654435761n) % 16777216n);
    return { features: Float64Array.from({ length: hello.input_features_count }, (_, i) => pixel(i)) };
  }
  return { features: signal(name, hello) };
}

function signal(name, { input_features_count: length, axis_count: axes }) {
  const formula = SIGNALS[name];
  if (formula === undefined) throw new Error(`the record names an input that is not known here: ${name}`);
  return Float64Array.from({ length }, (_, i) => formula(i, axes));
}

/** The signal again and again, in slices. */
function sliceOf(name, index, hello) {
  const window = signal(name, hello);
  const length = hello.slice_size * hello.axis_count;
  return Float64Array.from({ length }, (_, i) => window[(index * length + i) % window.length]);
}

/**
 * Ours beside a runner's answer.
 *
 * @param ours a `Classification`, or undefined while a continuous window fills, which a runner answers with zeros
 * @returns largest difference of a score (0..1), of an anomaly relative to it; infinite where labels or boxes are others
 */
export function differenceOf(ours, { classification, anomaly, bounding_boxes: boxes }) {
  if (ours === undefined) return Math.max(...Object.values(classification));
  const differences = [0];
  const { result = {} } = ours.response;
  for (const [label, score] of Object.entries(classification ?? {})) {
    differences.push(label in result ? Math.abs(result[label] - score) : Number.POSITIVE_INFINITY);
  }
  if (anomaly !== undefined) {
    differences.push(Math.abs(result.anomaly - anomaly) / Math.max(1, Math.abs(anomaly)));
  }
  if (boxes !== undefined) differences.push(differenceOfBoxes(ours.boxes, boxes));
  return Math.max(...differences.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)));
}

function differenceOfBoxes(ours, theirs) {
  if (ours?.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return theirs.reduce((worst, { label, value, ...place }, i) => {
    const same =
      ours[i].label === label &&
      ['x', 'y', 'width', 'height'].every((side) => ours[i].input[side] === place[side]);
    return same ? Math.max(worst, Math.abs(ours[i].score - value)) : Number.POSITIVE_INFINITY;
  }, 0);
}

/** What the runner said of itself, beside what we read. @returns the fields that differ */
export function helloDiffers(hello, { input, learnBlocks }) {
  const labels = learnBlocks.flatMap(({ block }) => block.labels ?? []);
  const ours =
    input.inputType === 'image'
      ? {
          image_input_width: input.width,
          image_input_height: input.height,
          image_channel_count: input.channels === 'RGB' ? 3 : 1,
        }
      : {
          input_features_count: input.featureCount,
          axis_count: input.axes.length,
          frequency: input.frequencyHz,
          ...(input.sliceSize !== undefined && { slice_size: input.sliceSize }),
        };
  return Object.entries({ ...ours, labels }).flatMap(([name, value]) =>
    JSON.stringify(value) === JSON.stringify(hello[name])
      ? []
      : [`${name} is ${JSON.stringify(value)}, the runner says ${JSON.stringify(hello[name])}`],
  );
}
