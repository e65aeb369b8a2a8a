/** A real download: opens, has the labels of its headers, and its model gives the outputs of the reference. */
import { basename, join } from 'node:path';
import { openContents } from '../../dist/deployment/open.js';
import { openDeployment } from '../../dist/index.js';
import { compareOutputs, verdict } from './compare.mjs';
import { headerLabels, runtimeExchanges, sha256 } from './expected.mjs';
import { formulaInput, imageInput } from './inputs.mjs';
import { notOpened } from './table.mjs';

/** @param facts folder with the reference facts of the download, by the same name */
export async function* tryDownload(folder, facts, expected, onlyEngine) {
  const row = { model: basename(folder) };
  let contents;
  let deployment;
  try {
    contents = await openContents(folder, {});
    deployment = await openDeployment(folder, onlyEngine === undefined ? {} : { engine: onlyEngine });
  } catch (error) {
    yield { ...row, ...notOpened(error) };
    return;
  }
  try {
    yield* compareDownload(deployment, contents, row, facts, expected);
  } finally {
    await deployment.close();
  }
}

async function* compareDownload(open, contents, row, facts, expected) {
  const info = open.info();
  const labels = checkLabels(info, facts);
  for (const { block, model } of info.learnBlocks) {
    if (model === undefined) continue;
    const reference = expected.get(sha256(contents.artefacts.get(block.artefact).bytes));
    const result =
      reference === undefined
        ? { answered: '-', difference: '-', why: `no reference for ${model.name}` }
        : await compareBlock(open, block, model, reference);
    const recorded = await compareRecorded(open, info, facts);
    yield {
      ...row,
      opened: 'yes',
      ...result,
      answered: labels.right && recorded.right ? result.answered : 'no',
      engine: model.engine.engine,
      why: [result.why, labels.text, recorded.text, ...info.warnings.map(({ code }) => code)]
        .filter(Boolean)
        .join('; '),
    };
  }
}

async function compareBlock(deployment, block, model, { folder, entry }) {
  const worst = { steps: 0, relative: 0, top1: true };
  const [tensor] = model.inputs;
  const { dspBlocks } = deployment.info();
  for (const run of entry.runs) {
    const value =
      run.input === 'formula' ? formulaInput(tensor) : await imageInput(join(folder, run.input), run, tensor);
    const { tensors } = await deployment.classify(
      { tensor: features(value, block, model, dspBlocks) },
      { tensors: true },
    );
    const { outputs } = tensors.find(({ blockId }) => blockId === block.id);
    const result = compareOutputs(run.outputs, outputs);
    worst.steps = Math.max(worst.steps, result.steps);
    worst.relative = Math.max(worst.relative, result.relative);
    worst.top1 &&= result.top1;
  }
  const quantised = entry.inputs.some(({ dtype }) => dtype !== 'float32');
  const answer = verdict(worst, quantised);
  return {
    answered: { equal: 'yes', close: 'close', differs: 'no' }[answer],
    difference: `${worst.steps} steps, ${worst.relative.toExponential(1)} rel`,
    why: `${model.name}, ${block.modelType}, ${entry.runs.length} runs`,
  };
}

/**
 * The feature vector that gives a block's model these inputs. Integers of a quantised tensor become the numbers they
 * stand for, since anomaly blocks beside the model need those; and those blocks look at some of the features only.
 */
function features(data, block, { inputs: [{ quantization }] }, dspBlocks) {
  if (block.modelType === 'anomaly') {
    const all = new Float32Array(dspBlocks.reduce((sum, { outputSize }) => sum + outputSize, 0));
    for (const [index, axis] of block.axes.entries()) all[axis] = data[index];
    return all;
  }
  if (data instanceof Float32Array || quantization === undefined) return data;
  return Float32Array.from(data, (q) => (q - quantization.zeroPoint) * quantization.scale);
}

function checkLabels(info, facts) {
  const stated = headerLabels(facts);
  if (stated === undefined) return { right: true, text: '' };
  const lists = stated.flatMap((entry) => (Array.isArray(entry) ? [entry] : Object.values(entry)));
  const ours = info.learnBlocks.flatMap(({ block }) => ('labels' in block ? [block.labels] : []));
  const right = ours.every((labels) => lists.some((list) => JSON.stringify(list) === JSON.stringify(labels)));
  return {
    right,
    text: right ? `labels ${ours.flat().length} as in the headers` : `labels differ: ${JSON.stringify(ours)}`,
  };
}

/** Answers that a real runner gave to pictures; a picture of the reference folder or the packed-pixel formula. */
async function compareRecorded(deployment, info, facts) {
  if (info.input.inputType !== 'image') return { right: true, text: '' };
  const remarks = [];
  let right = true;
  for (const { what, response } of runtimeExchanges(facts)) {
    const input = recordedInput(what, facts, info.input);
    if (input === undefined || !response?.success) continue;
    const ours = (await deployment.classify(input)).response;
    const agrees = sameAnswer(ours, response.result);
    if (!agrees && takesOtherGray(info)) {
      remarks.push(
        `${what.slice(9, 34).trim()}: not as the recorded microcontroller build, whose gray is one lower`,
      );
      continue;
    }
    right &&= agrees;
    remarks.push(
      `${what.slice(9, 34).trim()}: ${agrees ? 'as the runner' : JSON.stringify(ours.result ?? ours.boundingBoxes)}`,
    );
  }
  return { right, text: remarks.join('; ') };
}

/** Micro builds take a shortcut for int8 grayscale models that lowers every gray by one; the hosted API does not. */
function takesOtherGray({ input, learnBlocks }) {
  return (
    input.channels === 'Grayscale' && learnBlocks.some(({ model }) => model?.inputs[0].dataType === 'int8')
  );
}

function recordedInput(what, facts, { width, height }) {
  const picture = what.match(/^classify (golden\/\S+\.png)/)?.[1];
  if (picture !== undefined) return join(facts, picture);
  if (!what.startsWith('classify packed pixels')) return undefined;
  const features = Float64Array.from({ length: width * height }, (_, i) =>
    Number((BigInt(i) * 2654435761n) % 16777216n),
  );
  return { features };
}

/** Within the last steps of an int8 softmax. */
function sameAnswer(ours, { classification, bounding_boxes: boxes }) {
  if (classification !== undefined) {
    return Object.entries(classification).every(
      ([label, score]) => Math.abs(ours.result[label] - score) <= 2.5 / 256,
    );
  }
  return boxes === undefined || ours.boundingBoxes.length === boxes.length;
}
