// @ts-check
/**
 * MobileNetV2 1.0 at 224x224 (Sandler et al. 2018) with random weights, as int8 and as its float32 twin: what
 * a real one costs to run, without anybody's licence. Made once and kept in the system's temporary folder.
 *
 * node benchmarks/models/mobilenet-v2.mjs     prints the paths of both
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeTfliteModel } from '../../dist/deployment/tflite/write.js';
import { gaussian, LayerGraph, seededRandom } from '../../test/fixtures/layers.mjs';

/** To be raised whenever the model changes. */
const REVISION = 1;
const SEED = 20180113;
const SIZE = 224;
const CLASSES = 1000;

/** Expansion, channels, repeats, stride of the first: table 2 of the paper. */
const STAGES = /** @type {const} */ ([
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
]);

/**
 * Weights are drawn so that every layer's sums have a known deviation: ranges then fit without calibration,
 * and neither do values vanish nor does everything saturate.
 */
const DEVIATION_BEFORE_RELU6 = 2;
/** Mean square of what ReLU6 leaves of such values. */
const MOMENT_AFTER_RELU6 = 1.9;
const LINEAR_RANGE_DEVIATIONS = 4;
const LOGIT_DEVIATION = 2;
/** Of bytes 0..255 that stand for 0..1. */
const INPUT_MOMENT = 1 / 3;

/** @typedef {{ index: number, moment: number }} Value a tensor and the mean square of its elements */

/** @param {'int8' | 'float32'} dataType input [1, 224, 224, 3] of 0..1, output [1, 1000] probabilities */
export function mobilenetV2(dataType) {
  const graph = new LayerGraph(dataType);
  const random = seededRandom(SEED);
  const input = graph.activation('image', [1, SIZE, SIZE, 3], [0, 1]);
  let value = expand(
    graph,
    random,
    { index: input, moment: INPUT_MOMENT },
    { kernel: 3, channels: 32, stride: 2 },
  );
  for (const [expansion, channels, repeats, stride] of STAGES) {
    for (let i = 0; i < repeats; i++) {
      value = block(graph, random, value, { expansion, channels, stride: i === 0 ? stride : 1 });
    }
  }
  const features = expand(graph, random, value, { kernel: 1, channels: 1280, stride: 1 });
  const mean = graph.globalMean(features.index, [0, 6]);
  const weights = gaussian(random, CLASSES * 1280, LOGIT_DEVIATION / Math.sqrt(1280 * MOMENT_AFTER_RELU6));
  const logits = graph.dense(mean, {
    weights,
    units: CLASSES,
    range: [-5 * LOGIT_DEVIATION, 5 * LOGIT_DEVIATION],
  });
  return writeTfliteModel(
    graph.finish('MobileNetV2 1.0 224, random weights', [input], [graph.softmax(logits)]),
  );
}

/**
 * The path of the model, made if it is not there yet.
 *
 * @param {'int8' | 'float32'} dataType
 */
export async function mobilenetV2Path(dataType, folder = join(tmpdir(), 'impulse-runtime-benchmarks')) {
  const path = join(folder, `mobilenet-v2-1.0-224-${dataType}-r${REVISION}.tflite`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, mobilenetV2(dataType));
  await rename(unfinished, path);
  return path;
}

/**
 * Inverted residual: expansion, depthwise convolution, linear projection, and the input added where it fits.
 *
 * @param {LayerGraph} graph @param {() => number} random @param {Value} value
 * @param {{ expansion: number, channels: number, stride: number }} layer
 * @returns {Value}
 */
function block(graph, random, value, { expansion, channels, stride }) {
  const depth = depthOf(graph, value);
  const wide =
    expansion === 1
      ? value
      : expand(graph, random, value, { kernel: 1, channels: depth * expansion, stride: 1 });
  const filtered = graph.depthwise(wide.index, {
    weights: gaussian(random, 9 * depth * expansion, DEVIATION_BEFORE_RELU6 / Math.sqrt(9 * wide.moment)),
    kernel: 3,
    stride,
    activation: 'relu6',
    range: [0, 6],
  });
  const projected = graph.conv(filtered, {
    weights: gaussian(
      random,
      channels * depth * expansion,
      1 / Math.sqrt(depth * expansion * MOMENT_AFTER_RELU6),
    ),
    kernel: 1,
    channels,
    range: linearRange(1),
  });
  if (stride !== 1 || depth !== channels) return { index: projected, moment: 1 };
  const moment = value.moment + 1;
  const { shape } = graph.tensor(projected);
  return {
    index: graph.apply({ type: 'ADD' }, [value.index, projected], shape, linearRange(moment)),
    moment,
  };
}

/**
 * Convolution and ReLU6.
 *
 * @param {LayerGraph} graph @param {() => number} random @param {Value} value
 * @param {{ kernel: number, channels: number, stride: number }} layer
 * @returns {Value}
 */
function expand(graph, random, value, { kernel, channels, stride }) {
  const terms = kernel * kernel * depthOf(graph, value);
  const weights = gaussian(
    random,
    channels * terms,
    DEVIATION_BEFORE_RELU6 / Math.sqrt(terms * value.moment),
  );
  const index = graph.conv(value.index, {
    weights,
    kernel,
    channels,
    stride,
    activation: 'relu6',
    range: [0, 6],
  });
  return { index, moment: MOMENT_AFTER_RELU6 };
}

/** @param {LayerGraph} graph @param {Value} value */
function depthOf(graph, { index }) {
  return graph.tensor(index).shape[3] ?? 0;
}

/** @param {number} moment @returns {readonly [number, number]} */
function linearRange(moment) {
  const most = LINEAR_RANGE_DEVIATIONS * Math.sqrt(moment);
  return [-most, most];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await mobilenetV2Path('int8'));
  console.log(await mobilenetV2Path('float32'));
}
