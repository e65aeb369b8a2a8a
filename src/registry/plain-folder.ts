/** A model as the plain file that it is, with all that has to be known of it beside it. */
import type { DeploymentContents, FileArtefact } from '../deployment/contents.js';
import type { Impulse, ImpulseInput, LearnBlock } from '../deployment/impulse.js';
import { isOrt } from '../deployment/ort.js';
import { sha256Of } from '../deployment/package/read.js';
import { describeImpulse } from '../deployment/plain/describe-impulse.js';
import { readModelFile } from '../deployment/plain/model-file.js';
import type { SideFiles } from '../deployment/plain/side-files.js';
import { readPlainModel } from '../deployment/plain-model.js';
import { isImpulseError } from '../errors.js';
import type { ModelVariant } from './build-targets.js';
import { unsupported } from './build-targets.js';

export interface FolderFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * `model.tflite`, `model.onnx` or `model.ort`, `model-info.json` in the API's words, `labels.txt`, `README.md` and `SHA256SUMS`. The same
 * contents give the same bytes.
 *
 * @throws {RegistryError} `ERR_BUILD_UNSUPPORTED`: the impulse is more than such a folder can say
 */
export async function plainFolder(
  contents: DeploymentContents & { readonly variant: ModelVariant },
): Promise<FolderFile[]> {
  const { impulse } = contents;
  const { block, model } = onlyModel(contents);
  const name = `model.${isOrt(model.bytes) ? 'ort' : model.format}`;
  const info = describeImpulse(impulse, block);
  const files = [
    { name, bytes: model.bytes },
    text('model-info.json', `${JSON.stringify(info, null, 2)}\n`),
    text('labels.txt', labelsOf(block)),
    text('README.md', readme(contents, block, name)),
  ];
  await checkReadsBack(files, name, impulse, block);
  const sums = files.map((file) => `${sha256Of(file.bytes)}  ${file.name}\n`);
  return [...files, text('SHA256SUMS', sums.join(''))];
}

function onlyModel({ impulse, artefacts }: DeploymentContents): { block: LearnBlock; model: FileArtefact } {
  const { dspBlocks, learnBlocks, tracking } = impulse;
  const processing = dspBlocks.filter(({ type }) => type !== 'image');
  if (processing.length > 0)
    throw tooMuch(`signal processing (${processing.map(({ type }) => type).join(', ')})`);
  if (learnBlocks.length !== 1) throw tooMuch(`${learnBlocks.length} learn blocks`);
  if (tracking !== undefined) throw tooMuch('object tracking');
  const [block] = learnBlocks;
  const model = artefacts.get(block?.artefact ?? '');
  if (block === undefined || model === undefined) throw tooMuch('an anomaly block that is no model');
  if (model.format !== 'tflite' && model.format !== 'onnx') throw tooMuch('a model of several files');
  return { block, model };
}

/** One a line, in the order of the outputs. */
function labelsOf(block: LearnBlock): string {
  const labels = 'labels' in block ? block.labels : [];
  return labels.map((label) => `${label.replace(/[\r\n]+/g, ' ')}\n`).join('');
}

/**
 * What is written is read again: only where the same impulse comes out does the model give the same answers.
 */
async function checkReadsBack(
  files: readonly FolderFile[],
  name: string,
  impulse: Impulse,
  block: LearnBlock,
): Promise<void> {
  const bytesOf = (wanted: string) => files.find((file) => file.name === wanted)?.bytes;
  const sideFiles: SideFiles = { read: async (wanted) => bytesOf(wanted) };
  const model = bytesOf(name) ?? new Uint8Array();
  const read = await readPlainModel(model, name, sideFiles, {}).catch((error) => {
    throw isImpulseError(error) ? tooMuch(`what its description can't say (${error.message})`) : error;
  });
  const [readBlock] = read.impulse.learnBlocks;
  const outputs = readModelFile(model, name).outputs.length;
  const lost = [
    ...differences(essentialInput(impulse.input), essentialInput(read.impulse.input)),
    ...differences(essentialBlock(block, outputs), readBlock ? essentialBlock(readBlock, outputs) : {}),
  ];
  if (lost.length > 0) throw tooMuch(lost.join(', '));
}

type Facts = Readonly<Record<string, unknown>>;

/** What decides an answer, with defaults filled in. */
function essentialInput(input: ImpulseInput): Facts {
  if (input.inputType !== 'image') {
    const { inputType, featureCount, axes, frequencyHz } = input;
    return { inputType, featureCount, axes: axes.length, frequencyHz };
  }
  const { resampler = 'vips', gray = '601', quantizePath = 'float', cropAnchor, ...rest } = input;
  return { ...rest, resampler, gray, quantizePath, ...(input.resizeMode === 'crop' && { cropAnchor }) };
}

function essentialBlock(block: LearnBlock, outputs: number): Facts {
  const { id: _id, name: _name, artefact: _key, inputs: _inputs, outputTensors, ...rest } = block;
  const isReordered = outputTensors?.some((at, index) => at !== index) || outputTensors?.length !== outputs;
  const { objectDetectionCount, ...facts } = { objectDetectionCount: undefined, ...rest };
  return {
    ...facts,
    ...(outputTensors !== undefined && isReordered && { outputTensors }),
    // No other decoder has a maximum.
    ...('lastLayer' in rest && rest.lastLayer === 'mobilenet-ssd' && { objectDetectionCount }),
  };
}

function differences(wanted: Facts, found: Facts): string[] {
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  return [...names].filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(found[name]));
}

function readme(
  { impulse, variant }: DeploymentContents & { readonly variant: ModelVariant },
  block: LearnBlock,
  model: string,
): string {
  const { name, id, deployVersion } = impulse.project;
  const title = oneLine(name ?? 'Model');
  const origin = [
    ...(id === undefined ? [] : [`project ${id}`]),
    ...(deployVersion === undefined ? [] : [`deployment version ${deployVersion}`]),
    variant,
    block.modelType,
  ];
  return `# ${title}

${origin.join(', ')}.

- \`${model}\`: the model
- \`model-info.json\`: what it takes and gives
- \`labels.txt\`: its labels, in the order of its outputs
- \`SHA256SUMS\`: check with \`sha256sum -c SHA256SUMS\`

With the npm package impulse-runtime: \`impulse inspect ${model}\`.
`;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 200);
}

function text(name: string, content: string): FolderFile {
  return { name, bytes: Buffer.from(content) };
}

function tooMuch(what: string): Error {
  return unsupported(
    `A plain model with model-info.json can't say all of this impulse: it has ${what}. Build 'zip', which holds everything.`,
  );
}
