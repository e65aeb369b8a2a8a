/**
 * One trial of ours: opens a model and times `classify()`. Its only argument is an `OwnTrial` as JSON.
 *
 * @typedef {{ source: string, options: object, input: 'frame' | 'tensor' | { file: string } | { pixelsOf: string },
 *   warmup: number, runs: number, lateMs?: number, undecoded?: boolean }} OwnTrial `frame`: a ready one of the model's size; `file`: its bytes;
 *   `pixelsOf`: that picture, decoded; `lateMs`: for how long to watch the event loop as well; `undecoded`:
 *   the decoding of the outputs is not counted
 */
import { readFileSync } from 'node:fs';
import { openDeployment } from '../../dist/index.js';
import { decode, someInput } from './inputs.mjs';
import { latenessOf, printFigures, timesOf } from './measure.mjs';

const { source, options, input, lateMs, undecoded, ...counts } = JSON.parse(process.argv[2]);
const opening = performance.now();
const deployment = await openDeployment(source, options);
const openMs = performance.now() - opening;
const given = await givenInput();
const classify = () => deployment.classify(given);
const times = await timesOf(classify, counts, ({ timing }) => (undecoded ? timing.postprocessMs : 0));
const late = lateMs === undefined ? {} : await latenessOf(classify, lateMs);
await deployment.close();
printFigures({ openMs, ...times, ...late });

async function givenInput() {
  if (input.file !== undefined) return new Uint8Array(readFileSync(input.file));
  return input.pixelsOf === undefined ? someInput(deployment, input) : decode(input.pixelsOf);
}
