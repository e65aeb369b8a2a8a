/**
 * Time and memory of decoding and tracking alone, on made-up outputs of real sizes: `npm run build && node benchmarks/decoders.mjs`.
 * One process, one thread; medians after warm-up. Memory is the growth of the heap and of array buffers over calls
 * without a garbage collection in between; beside it how much of that the boxes take that are handed out. The worst
 * cases are outputs in which every row passes.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { decodeOutputs, trackObjects } from '../dist/postprocess/index.js';
import { report } from './support/report.mjs';
import { median, quantile } from './support/statistics.mjs';
import { number, verdict } from './support/table.mjs';

if (globalThis.gc === undefined) {
  // A young generation so large that no collection comes in between.
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { status } = spawnSync(process.execPath, [...flags, fileURLToPath(import.meta.url)], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

const random = generator(1);
const labels = (count) => Array.from({ length: count }, (_, index) => `label ${index}`);
const tensor = (shape, data, quantization) => ({
  name: 'output',
  shape,
  dataType: quantization === undefined ? 'float32' : data instanceof Int8Array ? 'int8' : 'uint8',
  data,
  ...(quantization && { quantization }),
});

const cases = [
  yolov5('YOLOv5 25,200 x 85 float32, 300 hits', false),
  yolov5('YOLOv5 25,200 x 85 uint8, 300 hits', true),
  yolov8('YOLOv8 84 x 8,400 float32, 300 hits', false),
  yolov8('YOLOv8 84 x 8,400 int8, 300 hits', true),
  fomo('FOMO 20 x 20 x 3 float32', false),
  fomo('FOMO 20 x 20 x 3 int8', true),
  tracking('Tracking 50 boxes a frame', true),
  tracking('Tracking 50 boxes a frame by distance', false),
  ...worstCases(),
];

report({
  title: 'Decoding and tracking alone',
  columns: [
    'case',
    number('median, ms', 4),
    number('p95, ms', 4),
    number('KiB a call', 1),
    number('of it boxes', 1),
    number('boxes', 0),
    'wanted, ms',
  ],
  rows: cases.map(measure),
  notes: ['One thread, warm. Of the memory that a call takes, the boxes are what it hands out.'],
});

function measure({ name, targetMs, decode, calls = 300 }) {
  const boxes = decode().length;
  const repeat = targetMs < 1 ? 100 : 1;
  for (let index = 0; index < calls * repeat; index++) decode();
  globalThis.gc();
  const times = [];
  for (let index = 0; index < calls; index++) {
    const started = performance.now();
    for (let turn = 0; turn < repeat; turn++) decode();
    times.push((performance.now() - started) / repeat);
  }
  const given = decode();
  const [kib, kibOfBoxes] = [decode, () => given.map(copyOfBox)].map((call) => allocated(call) / 1024);
  const wanted = verdict(median(times), { most: targetMs });
  return [name, median(times), quantile(times, 0.95), kib, kibOfBoxes, boxes, wanted];
}

/** Bytes a call; the median, because a collection or an optimisation in between falsifies a sample. */
function allocated(call) {
  const size = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  for (let index = 0; index < 20; index++) call();
  globalThis.gc();
  const own = sample(() => {}, size);
  return Math.max(0, sample(call, size) - own);
}

function sample(call, size) {
  const turns = 10;
  const samples = Array.from({ length: 15 }, () => {
    const before = size();
    for (let turn = 0; turn < turns; turn++) call();
    return (size() - before) / turns;
  });
  return median(samples);
}

function copyOfBox({ label, labelIndex, x, y, width, height, value }) {
  return { label, labelIndex, x, y, width, height, value };
}

function yolov5(name, quantised) {
  const rows = 25_200;
  const columns = 85;
  const data = Float32Array.from({ length: rows * columns }, () => random() * 0.2);
  for (let hit = 0; hit < 300; hit++) {
    const row = Math.floor(random() * rows) * columns;
    data.set([random(), random(), random() * 0.3, random() * 0.3, 0.3 + random() * 0.6], row);
    data[row + 5 + Math.floor(random() * 80)] = 0.9;
  }
  const quantization = { scale: 1 / 255, zeroPoint: 0 };
  const elements = quantised ? Uint8Array.from(data, (value) => Math.round(value * 255)) : data;
  return {
    name,
    targetMs: 3,
    decode: decoding(
      detector('yolov5', labels(80), 0.25),
      tensor([1, rows, columns], elements, quantised ? quantization : undefined),
      640,
    ),
  };
}

function yolov8(name, quantised) {
  const detections = 8400;
  const data = Float32Array.from({ length: 84 * detections }, () => random() * 0.2);
  for (let hit = 0; hit < 300; hit++) {
    const at = Math.floor(random() * detections);
    for (let channel = 0; channel < 4; channel++)
      data[channel * detections + at] = random() * (channel < 2 ? 1 : 0.3);
    data[(4 + Math.floor(random() * 80)) * detections + at] = 0.3 + random() * 0.6;
  }
  const quantization = { scale: 1 / 255, zeroPoint: -128 };
  const elements = quantised ? Int8Array.from(data, (value) => Math.round(value * 255) - 128) : data;
  return {
    name,
    targetMs: 3,
    decode: decoding(
      detector('yolov11', labels(80), 0.25),
      tensor([1, 84, detections], elements, quantised ? quantization : undefined),
      640,
    ),
  };
}

function fomo(name, quantised) {
  const data = Float32Array.from({ length: 20 * 20 * 3 }, () => random() * 0.2);
  for (const cell of [42, 43, 62, 217, 350]) data[cell * 3 + 1] = 0.9;
  const quantization = { scale: 1 / 256, zeroPoint: -128 };
  const elements = quantised ? Int8Array.from(data, (value) => Math.round(value * 256) - 128) : data;
  return {
    name,
    targetMs: 0.02,
    decode: decoding(
      detector('fomo', labels(2), 0.5),
      tensor([1, 20, 20, 3], elements, quantised ? quantization : undefined),
      160,
    ),
  };
}

/** Every row passes, with scores in random order. */
function worstCases() {
  const anywhere = () => [random(), random(), random() * 0.3, random() * 0.3];
  const tile = (row) => [((row % 160) + 0.5) / 160, (Math.floor(row / 160) + 0.5) / 160, 1 / 160, 1 / 160];
  const tileOrLarge = (row) =>
    row % 2 === 0 ? tile(row / 2) : [0.5, 0.5, 0.2 + random() / 2, 0.2 + random() / 2];
  return [
    allPass('YOLOv5, all 25,200 pass, anywhere', anywhere, 0.45),
    allPass('YOLOv5, all 25,200 pass, side by side', tile, 0.45),
    allPass('YOLOv5, all 25,200 pass, small or large', tileOrLarge, 0.45),
    allPass('YOLOv5, all 25,200 pass, IoU limit 0.9', anywhere, 0.9),
    allPass('YOLOv5, all 25,200 pass, IoU limit 1', anywhere, 1),
    allPass('YOLOv5, all 25,200 pass, IoU limit 0.05, tiles', tile, 0.05),
  ];
}

function allPass(name, place, iou) {
  const rows = 25_200;
  const columns = 7;
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) data.set([...place(row), 0.3 + random() * 0.6, 1, 0], row * columns);
  const block = detector('yolov5', labels(2), 0.25);
  return {
    name,
    targetMs: 50,
    calls: 12,
    decode: decoding({ ...block, nms: { ...block.nms, iou } }, tensor([1, rows, columns], data), 640),
  };
}

/** 50 objects that swing past each other; each call is one frame. */
function tracking(name, useIou) {
  const period = 256;
  const objects = Array.from({ length: 50 }, () => ({
    x: 60 + random() * 500,
    y: 60 + random() * 500,
    swing: 20 + random() * 40,
    phase: random() * 2 * Math.PI,
    width: Math.round(20 + random() * 60),
    height: Math.round(20 + random() * 60),
  }));
  const frames = Array.from({ length: period }, (_, frame) =>
    objects.map(({ x, y, swing, phase, width, height }) => {
      const angle = phase + (2 * Math.PI * frame) / period;
      return {
        label: 'object',
        labelIndex: 0,
        x: Math.round(x + swing * Math.cos(angle)),
        y: Math.round(y + swing * Math.sin(angle)),
        width,
        height,
        value: 0.9,
      };
    }),
  );
  const threshold = useIou ? 0.3 : 30;
  const tracker = trackObjects({ keep_grace: 5, max_observations: 5, threshold, use_iou: useIou });
  let next = 0;
  return { name, targetMs: 1, decode: () => tracker.push(frames[next++ % period]) };
}

function decoding(block, output, side) {
  const input = { width: side, height: side };
  return () => decodeOutputs(block, [output], input).boxes;
}

function detector(lastLayer, names, minScore) {
  return {
    id: 1,
    name: lastLayer,
    artefact: 'model',
    inputScaling: '0..1',
    inputs: [],
    modelType: 'object-detection',
    lastLayer,
    labels: names,
    thresholds: { min_score: minScore },
    nms: { confidence: 0, iou: 0.45 },
  };
}

/** Numbers from 0 to 1, the same in every run. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
