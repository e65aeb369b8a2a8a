/**
 * What TFLite files carry besides the model: files in a zip behind the flatbuffer (labels), and a flatbuffer
 * named TFLITE_METADATA that says what they and the inputs mean. Layout from the public `metadata_schema.fbs`.
 */
import { DeploymentError } from '../errors.js';
import { openZip } from './archive.js';
import { baseName } from './file-tree.js';
import { FlatBufferSource, FlatTable } from './tflite/flatbuffer.js';
import { readTfliteModel } from './tflite/read.js';
import type { UltralyticsMetadata } from './ultralytics.js';
import { readUltralyticsMetadata } from './ultralytics.js';

/** A text file of one label a line. Line numbers are class numbers, so empty lines in between count. */
export interface LabelFile {
  readonly name: string;
  readonly lines: readonly string[];
}

export interface PackedMetadata {
  /** Name and description that the author gave the model. */
  readonly name?: string;
  readonly description?: string;
  /**
   * Lines of the label file that belongs to an output, or of the only label file, or the names that the
   * exporter noted. As written: some lists begin with a background class that the model does not have.
   */
  readonly labels?: readonly string[];
  /** What an exporter of YOLO models notes. */
  readonly notes?: UltralyticsMetadata;
  /** All label files, by name. */
  readonly labelFiles: readonly LabelFile[];
  /** (value - mean) / std gives the input, for values of 0..255 of a picture; one number for all channels, or one each. */
  readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

const METADATA_NAME = 'TFLITE_METADATA';
const FILE_IDENTIFIER = 'M001';
const MODEL = { name: 0, description: 1, subgraphs: 3, files: 6 } as const;
const SUBGRAPH = { inputs: 2, outputs: 3, files: 4 } as const;
const TENSOR = { processUnits: 4, files: 6 } as const;
const PROCESS_UNIT = { optionsType: 0, options: 1 } as const;
const NORMALIZATION_TYPE = 1;
const NORMALIZATION = { mean: 0, std: 1 } as const;
const FILE = { name: 0, type: 2 } as const;
/** The output is one score for each label, or holds label numbers. */
const LABEL_FILE_TYPES = [2, 3];

/** Where exporters of YOLO models write what they note, if not into the label file of an output. */
const NOTES = /(^|\/)(metadata\.(json|txt)|(temp_)?meta\.txt)$/;

/** The record that ends a zip: its mark and size, and where it says how long things are. */
const END_OF_ZIP = {
  mark: Uint8Array.of(0x50, 0x4b, 0x05, 0x06),
  bytes: 22,
  contentsSize: 12,
  contentsStart: 16,
  commentLength: 20,
} as const;
/** The longest list of labels that we have met has 230 kB (22,000 classes of ImageNet). */
const MAX_TEXT_BYTES = 8 * 1024 ** 2;

/**
 * Reads labels and descriptions packed into a TFLite file. A file without any gives `{ labelFiles: [] }`.
 *
 * @param source what people call it, for messages
 * @throws {DeploymentError} `ERR_ARCHIVE_*`: the zip at its end is damaged, unsafe or too large;
 *   `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`: model or metadata are damaged
 */
export async function readPackedMetadata(
  bytes: Uint8Array,
  source = 'The TFLite model',
): Promise<PackedMetadata> {
  const { metadata } = readTfliteModel(bytes, source);
  const packed = metadata.find(({ name }) => name === METADATA_NAME)?.bytes;
  const described = packed === undefined ? undefined : describe(packed, `The metadata of ${source}`);
  const zip = zipOf(bytes);
  const texts = zip === undefined ? [] : await readTexts(zip, source, described?.labelFiles ?? []);
  const notes = texts.map(({ text }) => readUltralyticsMetadata(text)).find((note) => note !== undefined);
  const labelFiles = texts
    .filter(({ name, text }) => !NOTES.test(name) && readUltralyticsMetadata(text) === undefined)
    .map(({ name, text }) => ({ name, lines: linesOf(text) }));
  const labels = chooseLabels(labelFiles, described?.labelFiles ?? []) ?? notes?.names;
  return {
    ...described?.facts,
    ...(notes !== undefined && { notes }),
    ...(labels !== undefined && { labels }),
    labelFiles,
  };
}

interface Description {
  readonly facts: Pick<PackedMetadata, 'name' | 'description' | 'normalization'>;
  /** Names of the label files, those of outputs first. */
  readonly labelFiles: readonly string[];
}

function describe(bytes: Uint8Array, name: string): Description {
  const source = new FlatBufferSource(bytes, name);
  const root = FlatTable.root(source);
  if ([...FILE_IDENTIFIER].some((letter, i) => bytes[4 + i] !== letter.charCodeAt(0))) {
    throw source.invalid(`it lacks the mark '${FILE_IDENTIFIER}'`);
  }
  const subgraph = root.tables(MODEL.subgraphs)[0];
  const outputs = subgraph?.tables(SUBGRAPH.outputs) ?? [];
  const modelName = root.string(MODEL.name);
  const description = root.string(MODEL.description);
  const normalization = readNormalization(subgraph?.tables(SUBGRAPH.inputs) ?? []);
  return {
    facts: {
      ...(modelName && { name: modelName }),
      ...(description && { description }),
      ...(normalization !== undefined && { normalization }),
    },
    labelFiles: [
      ...outputs.flatMap((output) => labelFileNames(output.tables(TENSOR.files))),
      ...labelFileNames(subgraph?.tables(SUBGRAPH.files) ?? []),
      ...labelFileNames(root.tables(MODEL.files)),
    ],
  };
}

function readNormalization(inputs: readonly FlatTable[]): PackedMetadata['normalization'] {
  for (const unit of inputs.flatMap((input) => input.tables(TENSOR.processUnits))) {
    if (unit.uint8(PROCESS_UNIT.optionsType) !== NORMALIZATION_TYPE) continue;
    const options = unit.table(PROCESS_UNIT.options);
    if (options !== undefined) {
      return { mean: options.float32s(NORMALIZATION.mean), std: options.float32s(NORMALIZATION.std) };
    }
  }
  return undefined;
}

function labelFileNames(files: readonly FlatTable[]): string[] {
  return files.flatMap((file) => {
    const name = file.string(FILE.name);
    return name !== undefined && LABEL_FILE_TYPES.includes(file.int8(FILE.type)) ? [name] : [];
  });
}

/**
 * The bytes as their zip counts them, if they end in one: writers of zips count from the beginning of the
 * file, but a zip that was appended afterwards counts from its own.
 */
function zipOf(bytes: Uint8Array): Uint8Array | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = buffer.lastIndexOf(END_OF_ZIP.mark);
  if (at < 0 || at + END_OF_ZIP.bytes > buffer.length) return undefined;
  if (at + END_OF_ZIP.bytes + buffer.readUInt16LE(at + END_OF_ZIP.commentLength) !== buffer.length)
    return undefined;
  const contents =
    buffer.readUInt32LE(at + END_OF_ZIP.contentsSize) + buffer.readUInt32LE(at + END_OF_ZIP.contentsStart);
  return bytes.subarray(Math.max(0, at - contents));
}

async function readTexts(
  bytes: Uint8Array,
  source: string,
  described: readonly string[],
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const zip = await openZip(bytes, `The zip in ${source}`);
  const wanted = zip.names.filter(
    (name) => described.includes(name) || looksLikeLabels(name) || NOTES.test(name),
  );
  const texts: { name: string; text: string }[] = [];
  for (const name of wanted) {
    const content = await zip.read(name);
    if (content.length > MAX_TEXT_BYTES) {
      throw new DeploymentError(
        'ERR_ARCHIVE_LIMIT',
        `The zip in ${source} is refused: its text '${name}' has ${content.length} bytes, more than ${MAX_TEXT_BYTES}.`,
      );
    }
    texts.push({ name, text: new TextDecoder().decode(content) });
  }
  return texts;
}

function looksLikeLabels(name: string): boolean {
  return /label.*\.txt$/i.test(baseName(name));
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop();
  return lines;
}

/** Guesses nothing: of several files that no output names, none is taken. */
function chooseLabels(
  files: readonly LabelFile[],
  described: readonly string[],
): readonly string[] | undefined {
  const named = described
    .map((name) => files.find((file) => file.name === name))
    .find((file) => file !== undefined);
  return (named ?? (files.length === 1 ? files[0] : undefined))?.lines;
}
