/**
 * `classify()` on a ready 224x224 frame beside the bare C loop on the same library, model, threads and kernels:
 * MobileNetV2, int8 and float32. Each trial in a process of its own, in turns; medians of medians.
 * `node benchmarks/classify.mjs [--threads N] [--rounds N]`
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KERNELS, runFloor } from './floor/floor.mjs';
import { mobilenetV2Path } from './models/mobilenet-v2.mjs';
import { frame, openMobilenet } from './support/mobilenet.mjs';
import { median } from './support/statistics.mjs';

const TRIAL = fileURLToPath(new URL('./support/classify-trial.mjs', import.meta.url));
const WARMUP = 10;

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '7' },
    runs: { type: 'string', default: '60' },
  },
});
const [threads, rounds, runs] = [values.threads, values.rounds, values.runs].map(Number);

process.stdout.write('classify() on a ready frame beside the bare C loop (ms, medians)\n');
process.stdout.write('model                  kernels          threads   floor   ours    ratio\n');
for (const dataType of ['int8', 'float32']) {
  const path = await mobilenetV2Path(dataType);
  const { engine, input } = await facts(path);
  const floors = [];
  const ours = [];
  for (let round = 0; round < rounds; round++) {
    const trial = {
      library: engine.library,
      model: readFileSync(path),
      input,
      threads,
      kernels: KERNELS[engine.delegate],
      warmup: WARMUP,
      runs,
    };
    floors.push(runFloor(trial).p50Us / 1000);
    ours.push(
      JSON.parse(execFileSync(process.execPath, [TRIAL, path, threads, WARMUP, runs].map(String), quiet()))
        .p50Ms,
    );
  }
  const [floor, own] = [median(floors), median(ours)];
  process.stdout.write(
    `${`MobileNetV2 224 ${dataType}`.padEnd(22)} ${engine.delegate.padEnd(16)} ${String(threads).padEnd(7)} ` +
      `${floor.toFixed(3).padStart(7)} ${own.toFixed(3).padStart(7)} ${(own / floor).toFixed(3).padStart(7)}\n`,
  );
}

/** How the model runs, and the bytes of its input for the frame. */
async function facts(path) {
  const deployment = await openMobilenet(path, threads);
  const { tensors } = await deployment.classify(frame(), { tensors: true });
  const { engine } = deployment.info().learnBlocks[0].model;
  await deployment.close();
  const { data } = tensors[0].inputs[0];
  return { engine, input: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

function quiet() {
  return { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
}
