/**
 * What the way through JavaScript costs: `session.run()` beside the bare C loop, on the same library, model,
 * input, threads and kernels, in turns; and how much of it is the system's own cost of waking two threads
 * (`wakeUs`), which depends on how idle the processors are. `node benchmarks/floor/hop.mjs [--threads N] [--rounds N] MODEL...`
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { tfliteEngine } from '../../dist/runtime/engines/tflite.js';
import { median, quantile } from '../support/statistics.mjs';
import { KERNELS, measureWake, runFloor } from './floor.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '7' },
    runs: { type: 'string', default: '300' },
  },
});
const [threads, rounds, runs] = [values.threads, values.rounds, values.runs].map(Number);
const warmup = 50;

for (const path of positionals) {
  const model = readFileSync(path);
  const session = await tfliteEngine.open({ format: 'tflite', name: path, bytes: model }, { threads });
  const inputs = session.inputs.map(someInput);
  const trial = {
    library: session.details.library,
    model,
    input: Buffer.concat(inputs.map((array) => new Uint8Array(array.buffer))),
    threads,
    kernels: KERNELS[session.details.delegate],
    warmup,
    runs,
  };
  const floors = [];
  const ours = [];
  const wakes = [];
  for (let round = 0; round < rounds; round++) {
    floors.push(runFloor(trial));
    wakes.push(measureWake(floors[round].p50Us));
    ours.push(await timeRuns(session, inputs));
  }
  await session.close();
  const [floor, own] = [median(floors.map(({ p50Us }) => p50Us)), median(ours.map(({ p50Us }) => p50Us))];
  const result = {
    model: basename(path),
    delegate: session.details.delegate,
    threads,
    floorUs: round2(floor),
    sessionUs: round2(own),
    overheadUs: round2(own - floor),
    wakeUs: round2(median(wakes)),
    ratio: round2(own / floor),
    sessionP95Us: round2(median(ours.map(({ p95Us }) => p95Us))),
    insideUs: round2(median(ours.map(({ insideUs }) => insideUs))),
  };
  console.log(JSON.stringify(result));
}

async function timeRuns(session, inputs) {
  for (let i = 0; i < warmup; i++) await session.run(inputs);
  const times = [];
  const inside = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    const { timing } = await session.run(inputs);
    times.push((performance.now() - start) * 1000);
    inside.push((timing.tensorMs + timing.inferenceMs) * 1000);
  }
  return { p50Us: median(times), p95Us: quantile(times, 0.95), insideUs: median(inside) };
}

function someInput({ dataType, shape }) {
  const arrays = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array };
  const array = new arrays[dataType](shape.reduce((a, b) => a * b, 1));
  return array.map((_, i) =>
    dataType === 'float32' ? (((i * 37 + 11) % 256) - 128) / 128 : (i * 37 + 11) % 256,
  );
}

function round2(value) {
  return Math.round(value * 100) / 100;
}
