/**
 * Makes the example deployment from the network that train.py wrote:
 *
 *     node scripts/example/build-model.mjs OUT_DIR [examples]
 *
 * The second argument is the folder that gets `shapes.zip`. Needs `npm run build` before it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { writeTfliteModel } from '../../dist/deployment/tflite/write.js';
import { libraryHeaders, MODEL_PATH } from './headers.mjs';

function quantizedTensor({ name, shape, type, scale, zeroPoint, axis, values }) {
  const ArrayType = type === 'int8' ? Int8Array : Int32Array;
  return {
    name,
    shape,
    dataType: type,
    quantization: { scale, zeroPoint, quantizedDimension: axis },
    ...(values && { data: ArrayType.from(values) }),
  };
}

function operatorSpec({ type, stride, activation }) {
  const convolution = { padding: 'same', strideWidth: stride, strideHeight: stride, activation };
  switch (type) {
    case 'CONV_2D':
      return { type, ...convolution };
    case 'DEPTHWISE_CONV_2D':
      return { type, ...convolution, depthMultiplier: 1 };
    case 'ADD':
      return { type, activation: 'none' };
    case 'SOFTMAX':
      return { type, beta: 1 };
    default:
      throw new Error(`${type} is not an operator of this network`);
  }
}

function writeModel({ tensors, operators, inputs, outputs }) {
  return writeTfliteModel({
    description: 'shapes: circle, square, triangle',
    tensors: tensors.map(quantizedTensor),
    inputs,
    outputs,
    operators: operators.map((operator) => ({
      spec: operatorSpec(operator),
      inputs: operator.inputs,
      outputs: operator.outputs,
    })),
  });
}

const ZIP_DATE = new Date(2026, 0, 1);

/** The same files give the same zip, byte for byte. */
async function zip(files) {
  const archive = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    archive.addBuffer(Buffer.from(content), path, { mtime: ZIP_DATE, forceDosTimestamp: true });
  }
  archive.end();
  return buffer(archive.outputStream);
}

const [outDir, folder = 'examples'] = process.argv.slice(2);
if (outDir === undefined) throw new Error('Usage: node scripts/example/build-model.mjs OUT_DIR [examples]');

const network = JSON.parse(await readFile(join(outDir, 'graph.json'), 'utf8'));
const model = writeModel(network);
const input = network.tensors[network.inputs[0]];
const output = network.tensors[network.outputs[0]];
const headers = libraryHeaders({
  name: 'Shapes',
  owner: 'impulse-runtime',
  labels: network.labels,
  size: input.shape[1],
  grid: output.shape[1],
  threshold: 0.5,
  quantization: { scale: output.scale[0], zeroPoint: output.zeroPoint[0] },
});
const archive = await zip({ ...headers, [MODEL_PATH]: model });
await writeFile(join(folder, 'shapes.zip'), archive);
console.log(`model ${model.length} bytes, ${join(folder, 'shapes.zip')} ${archive.length} bytes`);
