/**
 * Runs the example deployment on the test pictures that train.py wrote, and compares with the float network:
 *
 *     node scripts/example/check-model.mjs OUT_DIR [ENGINE]
 *
 * Leaves the int8 answers in OUT_DIR for score.py. Needs `npm run build` before it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDeployment } from '../../dist/index.js';

const SIZE = 96;
const FRAME = SIZE * SIZE * 3;
const CELLS = 12 * 12;
const CLASSES = 4;
const THRESHOLD = 0.5;

/** Probabilities of all cells of all pictures, as the deployment's model gives them. */
async function answers(deployment, pixels) {
  const results = [];
  for (let start = 0; start < pixels.length; start += FRAME) {
    const frame = { data: pixels.subarray(start, start + FRAME), width: SIZE, height: SIZE, channels: 3 };
    const { tensors } = await deployment.classify(frame, { tensors: true });
    const { data, quantization } = tensors[0].outputs[0];
    results.push(...Array.from(data, (q) => (q - quantization.zeroPoint) * quantization.scale));
  }
  return Float32Array.from(results);
}

/** Class of a cell: the strongest label over the threshold, else 0. */
function decide(probabilities, cell) {
  const labels = Array.from(probabilities.subarray(cell * CLASSES + 1, (cell + 1) * CLASSES));
  const best = Math.max(...labels);
  return best >= THRESHOLD ? 1 + labels.indexOf(best) : 0;
}

function compare(float, int8) {
  const cells = float.length / CLASSES;
  let same = 0;
  let marked = 0;
  let sameMarked = 0;
  for (let cell = 0; cell < cells; cell++) {
    const [wanted, given] = [decide(float, cell), decide(int8, cell)];
    same += Number(wanted === given);
    if (wanted !== 0 || given !== 0) {
      marked += 1;
      sameMarked += Number(wanted === given);
    }
  }
  return { cells, same, marked, sameMarked };
}

const [outDir, engine = 'auto'] = process.argv.slice(2);
if (outDir === undefined) throw new Error('Usage: node scripts/example/check-model.mjs OUT_DIR [ENGINE]');

const pixels = new Uint8Array(await readFile(join(outDir, 'test-pixels.bin')));
const float = new Float32Array(new Uint8Array(await readFile(join(outDir, 'test-float.bin'))).buffer);
const deployment = await openDeployment('examples/shapes.zip', { engine });
const int8 = await answers(deployment, pixels);
await writeFile(join(outDir, 'test-int8.bin'), int8);

const details = deployment.info().learnBlocks[0].model.engine;
const { cells, same, marked, sameMarked } = compare(float, int8);
const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`;
console.log(`${details.engine} ${details.version}, ${details.delegate}: ${cells / CELLS} pictures`);
console.log(`cells decided as by the float network: ${same} of ${cells} (${percent(same, cells)})`);
console.log(
  `among cells where either sees a shape: ${sameMarked} of ${marked} (${percent(sameMarked, marked)})`,
);
await deployment.close();
