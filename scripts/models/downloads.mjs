/** A real download, opened as a user would open it, beside everything that is recorded for it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openContents } from '../../dist/deployment/open.js';
import { convertDeployment, openDeployment } from '../../dist/index.js';
import { differsFromPackage } from './asked.mjs';
import { compareOutputs, NO_DIFFERENCE, verdict, worseOf } from './compare.mjs';
import { headerLabels, referenceNamed, sha256 } from './expected.mjs';
import { formulaInput, imageInput } from './inputs.mjs';
import { tryPhoto } from './plain-models.mjs';
import { differenceOf, helloDiffers, readRecord } from './recorded.mjs';
import { STATEMENTS } from './statements.mjs';

/** XNNPACK and TFLite's own kernels round 8-bit sums differently: a few steps of 256 in a score. */
const DEFAULT_KERNELS = 2.5 / 256;
/** TensorFlow Lite Micro, of which the recorded runners were built, rounds the last step of an 8-bit score at times otherwise. */
const REFERENCE_KERNELS = 1 / 256;

/**
 * @param {string} path of a download
 * @param {{ shared: string, expected: Map, catalogue: object[], engine?: string }} known `shared`: folder of reference
 *   facts, in folders of the downloads' names
 * @yields one row for each deployment in it: `{ name, format, engine, compared, verdict, difference, why, recorded, worse }`;
 *   verdict: 'as recorded', 'close', 'runs' (nothing is recorded), 'differs' or 'refused'; `worse` than what is stated of it
 */
export async function* tryDownload(path, known) {
  const name = basename(path, '.zip');
  const stated = STATEMENTS[name] ?? {};
  const facts = join(known.shared, stated.facts ?? name);
  const plain = known.catalogue.filter(({ folder, file }) => folder === name && existsSync(join(path, file)));
  const common = { ...stated.options, ...(known.engine !== undefined && { engine: known.engine }) };
  const cases =
    plain.length > 0
      ? plain.map(({ file, modelInfo, photos }) => ({
          name: join(name, file),
          source: join(path, file),
          options: { ...common, ...(modelInfo !== undefined && { modelInfo }) },
          photos,
        }))
      : (stated.impulses ?? [undefined]).map((impulse) => ({
          name: impulse === undefined ? name : `${name} ${impulse}`,
          source: runnerIn(path) ?? path,
          options: { ...common, ...(impulse !== undefined && { impulse }) },
          photos: photosIn(path, stated.photos),
        }));
  for (const each of cases) yield await tryOne(each, { ...known, stated, facts });
}

/** Those of a folder; the ones in a zip are not taken out. */
function photosIn(path, stated = {}) {
  return Object.entries(stated)
    .map(([file, top]) => ({ photo: join(path, file), top }))
    .filter(({ photo }) => existsSync(photo));
}

/** A runner is opened as the file that it is. */
function runnerIn(path) {
  const names = statSync(path).isDirectory() ? readdirSync(path) : [];
  return names.length === 1 && names[0].endsWith('.eim') ? join(path, names[0]) : undefined;
}

async function tryOne({ name, source, options, photos }, { stated, facts, expected, shared }) {
  const row = { name, format: '-', engine: '-', compared: '-', difference: '-' };
  const about = { source, options, stated, facts, expected, shared };
  let fast;
  try {
    fast = await openDeployment(source, options);
  } catch (error) {
    return { ...row, ...refusal(error, stated, facts, options) };
  }
  const info = fast.info();
  try {
    const findings = [
      checkLabels(info, facts),
      ...(await compareModels(fast, info, about)),
      ...(await compareRecord(fast, info, about)),
      ...(await lookAtPhotos(fast, photos)),
      await differsFromPackage(fast, info, about, () => convertDeployment(source, convertible(options))),
    ].filter((finding) => finding !== undefined);
    return { ...row, ...describeEngine(info), ...summarise(findings, info.warnings, stated) };
  } catch (error) {
    return {
      ...row,
      ...describeEngine(info),
      verdict: 'differs',
      why: error.stack,
      recorded: true,
      worse: true,
    };
  } finally {
    await fast.close();
  }
}

/** An error without a code is a fault of ours. */
function refusal({ code, message, stack }, { refused, why }, facts, { engine }) {
  const recorded = ['expected.json', 'ei-runtime.json'].some((file) => existsSync(join(facts, file)));
  if (code === undefined) return { verdict: 'differs', why: stack, recorded, worse: true };
  const otherEngine = engine !== undefined && code === 'ERR_UNSUPPORTED_ENGINE';
  const reason = `${code}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`;
  return {
    verdict: 'refused',
    why: refused === code && why !== undefined ? `${why}. ${reason}` : reason,
    recorded: recorded && !otherEngine,
    worse: !otherEngine && (refused === undefined ? existsSync(facts) : refused !== code),
  };
}

function summarise(findings, warnings, stated) {
  const wrong = findings.some(({ right }) => !right);
  const close = findings.some((finding) => finding.close);
  const recorded = findings.some((finding) => finding.recorded);
  const differences = findings.flatMap(({ difference }) => (difference === undefined ? [] : [difference]));
  return {
    compared: findings.map(({ what }) => what).join(', '),
    verdict: wrong ? 'differs' : close ? 'close' : recorded ? 'as recorded' : 'runs',
    difference: [...new Set(differences)].join(', ') || '-',
    why: [close && stated.close, ...findings.map(({ why }) => why), ...warnings.map(({ code }) => code)]
      .filter(Boolean)
      .join('; '),
    recorded,
    worse: wrong || (close && stated.close === undefined),
  };
}

function describeEngine({ format, learnBlocks, runner }) {
  const engines = learnBlocks.flatMap(({ model }) => (model === undefined ? [] : [model.engine.engine]));
  return { format, engine: [...new Set(engines)].join('+') || (runner?.engine ?? '-') };
}

/** What an open deployment is, whatever runs it. */
function convertible({ modelInfo, impulse }) {
  return { ...(modelInfo !== undefined && { modelInfo }), ...(impulse !== undefined && { impulse }) };
}

function checkLabels({ learnBlocks }, facts) {
  const stated = headerLabels(facts);
  const ours = learnBlocks.flatMap(({ block }) => ('labels' in block ? [block.labels] : []));
  if (stated === undefined || ours.length === 0) return undefined;
  const lists = stated.flatMap((entry) => (Array.isArray(entry) ? [entry] : Object.values(entry)));
  const right = ours.every((labels) => lists.some((list) => JSON.stringify(list) === JSON.stringify(labels)));
  return { what: 'labels', right, ...(!right && { why: `labels differ: ${JSON.stringify(ours)}` }) };
}

/** Every model of which `expected.json` tells outputs: with the kernels that users get, and with the reference's. */
async function compareModels(fast, info, { source, options, stated, expected, facts }) {
  if (info.runner !== undefined) return [];
  const { artefacts } = await openContents(source, convertible(options));
  const findings = [];
  const models = info.learnBlocks.filter(({ model }) => model !== undefined).length;
  for (const { block, model } of info.learnBlocks) {
    if (model === undefined) continue;
    const reference =
      stated.model === undefined
        ? expected.get(sha256(artefacts.get(block.artefact).bytes))
        : referenceNamed(expected, facts, stated.model);
    if (reference === undefined) continue;
    const worst = await worstRun(fast, block, model, reference);
    const name = reference.entry.file.split('/').at(-1);
    const quantised = hasIntegers(reference.entry);
    const finding = {
      what: `${counted(reference.entry.runs.length, 'tensor')}${models > 1 ? ` of ${name}` : ''}`,
      recorded: true,
      right: verdict(worst, quantised) !== 'differs',
      difference: inWords(worst),
    };
    if (quantised && model.engine.engine === 'tflite') {
      const exact = await withKernels(source, options, (slow) => worstRun(slow, block, model, reference));
      finding.right &&= verdict(exact, true) !== 'differs';
      finding.close = exact.steps > 0 || exact.relative > exactness(reference.entry);
      finding.difference += ` (reference kernels: ${inWords(exact)})`;
    }
    if (!finding.right || finding.close) finding.why = `${name} gives other outputs`;
    findings.push(finding);
  }
  return findings;
}

async function withKernels(source, options, use, further = {}) {
  const deployment = await openDeployment(source, { ...options, ...further, xnnpack: false });
  try {
    return await use(deployment);
  } finally {
    await deployment.close();
  }
}

async function worstRun(deployment, block, model, { folder, entry }) {
  let worst = NO_DIFFERENCE;
  const { dspBlocks } = deployment.info();
  const [tensor] = model.inputs;
  for (const run of entry.runs) {
    const value =
      run.input === 'formula' ? formulaInput(tensor) : await imageInput(join(folder, run.input), run, tensor);
    const { tensors } = await deployment.classify(
      { tensor: tensorFor(value, block, model, dspBlocks) },
      { tensors: true },
    );
    const { outputs } = tensors.find(({ blockId }) => blockId === block.id);
    worst = worseOf(worst, compareOutputs(run.outputs, outputs));
  }
  return worst;
}

/** Integers in the input, or between a QUANTIZE and a DEQUANTIZE. */
function hasIntegers({ inputs, op_counts: operators = {} }) {
  return inputs.some(({ dtype }) => dtype !== 'float32') || Object.keys(operators).includes('QUANTIZE');
}

/** Outputs that follow from floats computed before the integers may be a step of 256 off. */
function exactness({ inputs, op_counts: { QUANTIZE: quantised = 0 } }) {
  return quantised > 0 && inputs.every(({ dtype }) => dtype === 'float32') ? 0.01 : 1e-4;
}

function inWords({ steps, relative }) {
  if (steps === 0 && relative === 0) return 'none';
  return relative === 0 ? `${steps} steps` : relative.toExponential(1);
}

/**
 * The feature vector that gives a block's model these inputs. Integers of a quantised tensor become the numbers they
 * stand for, since anomaly blocks beside the model need those; and those blocks look at some of the features only.
 */
function tensorFor(data, block, { inputs: [{ quantization }] }, dspBlocks) {
  if (block.modelType === 'anomaly') {
    const all = new Float32Array(dspBlocks.reduce((sum, { outputSize }) => sum + outputSize, 0));
    for (const [index, axis] of block.axes.entries()) all[axis] = data[index];
    return all;
  }
  if (data instanceof Float32Array || quantization === undefined) return data;
  return Float32Array.from(data, (q) => (q - quantization.zeroPoint) * quantization.scale);
}

/** Answers of a real runner: scores, anomaly and boxes for raw features, whole and slice by slice. */
async function compareRecord(fast, info, { source, options, facts }) {
  const record = readRecord(facts);
  if (record === undefined) return [];
  const unlike = helloDiffers(record.hello, info);
  const findings = [{ what: 'hello', right: unlike.length === 0, why: unlike.join(', ') }];
  const count = record.classify.length + record.continuous.length;
  const what = `${counted(count, 'runner answer')}${record.continuous.length > 0 ? ` (${record.continuous.length} slices)` : ''}`;
  const far = await farthest(fast, record);
  const isGray = takesOtherGray(info);
  const finding = {
    what,
    recorded: true,
    right: isGray || far.value <= DEFAULT_KERNELS,
    difference: scoreInWords(far),
  };
  if (!finding.right) finding.why = `${far.name} is answered otherwise`;
  if (info.learnBlocks.some(({ model }) => model?.engine.engine === 'tflite')) {
    const device = isGray ? { quantizePath: 'image-quantized' } : {};
    const exact = await withKernels(source, options, (slow) => farthest(slow, record), device);
    finding.right &&= exact.value <= REFERENCE_KERNELS;
    finding.difference += ` (${isGray ? 'as a device quantises, ' : ''}reference kernels: ${scoreInWords(exact)})`;
    if (exact.value > REFERENCE_KERNELS) finding.why = `${exact.name} is answered otherwise`;
  }
  return [...findings, finding];
}

/** The runners were microcontroller builds, which take a shortcut for int8 grayscale models: every gray is one lower. */
function takesOtherGray({ input, learnBlocks }) {
  return (
    input.channels === 'Grayscale' && learnBlocks.some(({ model }) => model?.inputs[0].dataType === 'int8')
  );
}

async function farthest(deployment, { classify, continuous }) {
  const worst = { value: 0, name: '' };
  const note = (value, name) => {
    if (value > worst.value) Object.assign(worst, { value, name });
  };
  for (const { name, input, answer } of classify) {
    note(differenceOf(await deployment.classify(input), answer), name);
  }
  if (continuous.length === 0) return worst;
  const classifier = deployment.continuous();
  for (const { name, slice, answer } of continuous) {
    note(differenceOf(await classifier.push(slice), answer), name);
  }
  classifier.close();
  return worst;
}

function scoreInWords({ value }) {
  if (value === 0) return 'none';
  return value === Number.POSITIVE_INFINITY ? 'other labels or boxes' : value.toExponential(1);
}

async function lookAtPhotos(deployment, photos) {
  if (photos.length === 0) return [];
  const looks = [];
  for (const photo of photos) looks.push(await tryPhoto(deployment, photo));
  return [
    {
      what: counted(photos.length, 'photo'),
      right: looks.every(({ right }) => right),
      why: looks.map(({ text }) => text).join(', '),
    },
  ];
}

function counted(count, what) {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
