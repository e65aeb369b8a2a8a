/**
 * One trial of ours: opens a model and times `classify()`. Its only argument is an `OwnTrial` as JSON.
 *
 * @typedef {{ source: string, options: object, input: 'frame' | 'tensor' | { file: string } | { pixelsOf: string },
 *   warmup: number, runs: number, lateMs?: number, undecoded?: boolean, awake?: boolean }} OwnTrial `frame`: a ready one of the model's size; `file`: its bytes;
 *   `pixelsOf`: that picture, decoded; `lateMs`: for how long to watch the event loop as well; `undecoded`:
 *   the decoding of the outputs is not counted; `awake`: the event loop never sleeps, as in a program that has other things to do
 */
import { readFileSync } from 'node:fs';
import { openDeployment } from '../../dist/index.js';
import { decode, someInput } from './inputs.mjs';
import { latenessOf, printFigures, timesOf } from './measure.mjs';

const { source, options, input, lateMs, undecoded, awake, ...counts } = JSON.parse(process.argv[2]);
const opening = performance.now();
const deployment = await openDeployment(source, options);
const openMs = performance.now() - opening;
const given = await givenInput();
const classify = () => deployment.classify(given);
let timing = awake;
stayAwake();
const times = await timesOf(classify, counts, (result) => (undecoded ? result.timing.postprocessMs : 0));
timing = false;
const late = lateMs === undefined ? {} : await latenessOf(classify, lateMs);
await deployment.close();
printFigures({ openMs, ...times, ...late });

function stayAwake() {
  if (timing) setImmediate(stayAwake);
}

async function givenInput() {
  if (input.file !== undefined) return new Uint8Array(readFileSync(input.file));
  return input.pixelsOf === undefined ? someInput(deployment, input) : decode(input.pixelsOf);
}
