/**
 * From nothing to the first answer: `npm run bench -- open`. A fresh process for each trial; medians. Importing the package
 * is shown apart, because a program does it once.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertDeployment } from '../dist/index.js';
import { mobilenetV2Path } from './models/mobilenet-v2.mjs';
import { progress, report } from './support/report.mjs';
import { median } from './support/statistics.mjs';
import { number, verdict } from './support/table.mjs';

const TRIAL = fileURLToPath(new URL('./support/open-trial.mjs', import.meta.url));
const ROUNDS = 9;
const LIMIT_MS = 100;
const STAGES = ['import', 'read', 'session', 'first', 'total'];

const folder = mkdtempSync(join(tmpdir(), 'impulse-bench-'));
try {
  const rows = [];
  for (const dataType of ['int8', 'float32']) {
    const path = join(folder, `${dataType}.zip`);
    progress(`MobileNetV2 224 ${dataType}`);
    writeFileSync(path, (await packageOf(dataType)).bytes);
    const stages = { import: [], read: [], session: [], first: [], total: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const { read } = trial(path, 'read');
      const { open, ...others } = trial(path);
      for (const [stage, ms] of Object.entries({ ...others, read, session: open - read }))
        stages[stage].push(ms);
    }
    const figures = STAGES.map((stage) => median(stages[stage]));
    rows.push([
      `MobileNetV2 224 ${dataType}`,
      statSync(path).size / 2 ** 20,
      ...figures,
      verdict(figures.at(-1), { most: LIMIT_MS }),
    ]);
  }
  report({
    title: 'From a package to the first answer',
    columns: ['model', number('MiB', 1), ...STAGES.map((stage) => number(`${stage}, ms`, 1)), 'wanted'],
    rows,
    notes: [
      `read: zip, manifest, checksums (in a process of its own). session: verifying, library, interpreter. total: all but import. Medians of ${ROUNDS} fresh processes.`,
    ],
  });
} finally {
  rmSync(folder, { recursive: true });
}
function trial(...args) {
  const stdio = ['ignore', 'pipe', 'ignore'];
  return JSON.parse(execFileSync(process.execPath, [TRIAL, ...args], { encoding: 'utf8', stdio }));
}

async function packageOf(dataType) {
  return convertDeployment(await mobilenetV2Path(dataType), {
    modelInfo: {
      input: { inputType: 'image', inputScaling: '-1..1', resizeMode: 'squash' },
      model: { modelType: 'classification', labels: Array.from({ length: 1000 }, (_, i) => `label ${i}`) },
    },
  });
}
