/**
 * From a picture to the input tensor, beside what a user would do instead: `npm run bench -- preprocess`. One core,
 * interleaved, medians; every row says what the other side does.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makePreprocessor } from '../dist/preprocess/index.js';
import { jpegPhoto, photo } from './support/inputs.mjs';
import { report } from './support/report.mjs';
import sharp from './support/sharp.mjs';
import { median } from './support/statistics.mjs';
import { number, verdict } from './support/table.mjs';

const ONE_CORE = 'IMPULSE_BENCH_ONE_CORE';
if (process.platform === 'linux' && process.env[ONE_CORE] === undefined) {
  const args = ['-c', '0', process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
  const { status, error } = spawnSync('taskset', args, {
    stdio: 'inherit',
    env: { ...process.env, [ONE_CORE]: '1' },
  });
  if (error === undefined) process.exit(status ?? 1);
  process.stderr.write('taskset is missing: not confined to one core\n');
}
sharp.concurrency(1);
sharp.cache(false);

const ROUNDS = 60;
const INT8 = { dataType: 'int8', quantization: { scale: 1 / 255, zeroPoint: -128 } };
const FLOAT32 = { dataType: 'float32' };

const vga = photo(640, 480);
const hd = photo(1920, 1080);
const small = { width: 96, height: 96, channels: 'RGB', resizeMode: 'squash', scaling: '0..1', tensor: INT8 };
const large = { ...small, width: 320, height: 320, tensor: FLOAT32 };
const jpeg = await jpegPhoto(640, 480);

const medium = { ...small, width: 320, height: 320 };
const rows = [
  row(
    'raw 640x480 -> 96x96 int8, sdk',
    ours(vga, { ...small, resampler: 'sdk' }),
    'sharp resize',
    () => resize(vga, small),
    10,
  ),
  row('raw 640x480 -> 96x96 int8, vips', ours(vga, small), 'sharp resize', () => resize(vga, small), 3),
  row(
    'raw 1920x1080 -> 320x320 float32, sdk',
    ours(hd, { ...large, resampler: 'sdk' }),
    'sharp resize',
    () => resize(hd, large),
    5,
  ),
  row('raw 1920x1080 -> 320x320 float32, vips', ours(hd, large), 'sharp resize', () => resize(hd, large), 2),
  row(
    'JPEG 640x480 -> 96x96 int8',
    ours(jpeg, small),
    'sharp decode + resize',
    () => decode(jpeg, small),
    1 / 1.1,
  ),
  ...[small, medium].flatMap((spec) => {
    const size = `${spec.width}x${spec.height} int8`;
    return [
      row(
        `JPEG 640x480 -> ${size}`,
        ours(jpeg, spec),
        'sharp, numbers, JSON',
        () => linuxWay(sharp(jpeg), spec),
        2,
      ),
      row(
        `raw 640x480 -> ${size}, vips`,
        ours(vga, spec),
        'sharp, numbers, JSON',
        () => linuxWay(raw(vga), spec),
        10,
      ),
      row(
        `raw 640x480 -> ${size}, sdk`,
        ours(vga, { ...spec, resampler: 'sdk' }),
        'sharp, numbers, JSON',
        () => linuxWay(raw(vga), spec),
        10,
      ),
    ];
  }),
];

const cells = [];
for (const { name, run, peerName, peer, wanted } of rows) {
  const [mine, theirs] = await interleaved(run, peer);
  const ratio = theirs / mine;
  cells.push([name, mine, peerName, theirs, ratio, verdict(ratio, { least: wanted })]);
}
report({
  title: 'From a picture to the input tensor, one core',
  columns: ['ours', number('ms', 3), 'other', number('theirs, ms', 3), number('theirs / ours', 2), 'wanted'],
  rows: cells,
  notes: [
    `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}; "sharp, numbers, JSON" is the way of edge-impulse-linux. Medians of ${ROUNDS} turns.`,
  ],
});

function row(name, run, peerName, peer, wanted) {
  return { name, run, peerName, peer, wanted };
}

/** With everything reused that a loop over frames reuses. */
function ours(image, { resampler, ...spec }) {
  const preprocess = makePreprocessor({
    ...spec,
    resampler,
    out: new Uint8Array(spec.width * spec.height * 3),
  });
  const Elements = spec.tensor.dataType === 'int8' ? Int8Array : Float32Array;
  const out = new Elements(spec.width * spec.height * 3);
  return () => preprocess(image, out);
}

function raw({ data, width, height }) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function resize(frame, spec) {
  return decodeWith(raw(frame), spec);
}

function decode(file, spec) {
  return decodeWith(sharp(file), spec);
}

/** What the Node SDK asks of sharp. */
function decodeWith(image, { width, height }) {
  return image.resize({ width, height, fit: 'fill', fastShrinkOnLoad: false }).removeAlpha().raw().toBuffer();
}

/** As edge-impulse-linux hands a picture to its runner: resized by sharp, one number a pixel in an array, as JSON. */
async function linuxWay(image, spec) {
  const buffer = await decodeWith(image, spec);
  const features = [];
  for (let at = 0; at < buffer.length; at += 3) {
    features.push((buffer[at] << 16) + (buffer[at + 1] << 8) + buffer[at + 2]);
  }
  return JSON.stringify({ classify: features, id: 1 });
}

async function interleaved(mine, theirs) {
  const times = [[], []];
  for (let round = -10; round < ROUNDS; round++) {
    for (const [index, run] of [mine, theirs].entries()) {
      const started = performance.now();
      await run();
      if (round >= 0) times[index].push(performance.now() - started);
    }
  }
  return times.map(median);
}
