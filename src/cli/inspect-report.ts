/** `DeploymentInfo` for people. */

import { describeExecutable, type EimFile } from '../deployment/eim.js';
import type {
  DeploymentInfo,
  ImpulseInput,
  LearnBlock,
  LearnBlockInfo,
  ModelInfo,
  ProjectInfo,
  RunnerDetails,
  TensorInfo,
} from '../index.js';
import type { Style } from './style.js';
import { alignColumns, byteSize, counted, nameValueLines, printable } from './text.js';
import { tuningLines } from './tune-report.js';

const FORMATS = {
  'cpp-library': 'Edge Impulse C++ library',
  'arduino-library': 'Edge Impulse Arduino library',
  'plain-model': 'plain model',
  package: 'impulse package',
  eim: 'Edge Impulse runner (.eim)',
  wasm: 'Edge Impulse WebAssembly',
} as const satisfies Record<DeploymentInfo['format'], string>;

type Pair = readonly [string, string];

export function inspectReport(path: string, info: DeploymentInfo, style: Style): string {
  const general: Pair[] = [
    ['format', FORMATS[info.format]],
    ...projectPairs(info.project),
    ['input', inputText(info.input)],
    ...info.dspBlocks.map((block): Pair => {
      const parameters = Object.entries(block.parameters).map(([name, value]) => `${name} ${value}`);
      const made = `${counted(block.outputSize, 'feature')}${parameters.length > 0 ? `: ${parameters.join(', ')}` : ''}`;
      return [`DSP block ${block.id}`, `${block.type} v${block.implementationVersion}, ${made}`];
    }),
  ];
  if (info.runner !== undefined) general.push(...runnerPairs(info.runner));
  if (info.tracking !== undefined) {
    const settings = Object.entries(info.tracking).map(([name, value]) => `${name} ${value}`);
    general.push(['tracking', settings.join(', ')]);
  }
  const warnings = info.warnings.map(({ code, message }) => `  ${message} [${code}]`);
  return [
    style.bold(printable(path)),
    ...section(general, style),
    ...info.learnBlocks.flatMap((block) => ['', ...learnBlockLines(block, style)]),
    ...(warnings.length > 0 ? ['', style.yellow('Warnings'), ...warnings.map(printable)] : []),
  ].join('\n');
}

/** An `.eim` that was looked at, not run. */
export type ProgramFacts = { readonly format: 'eim' } & Exclude<EimFile, { readonly kind: 'socket' }>;

export function programReport(path: string, facts: ProgramFacts, style: Style): string {
  const pairs: Pair[] = [
    ['format', FORMATS.eim],
    ...(facts.kind === 'script'
      ? [['program', 'a script (#!)'] as const]
      : [['program', `${describeExecutable(facts.executable)}, ${byteSize(facts.bytes)}`] as const]),
    ['not run', 'an .eim is a program: --allow-exec runs it and asks what it holds'],
  ];
  return [style.bold(printable(path)), ...section(pairs, style)].join('\n');
}

function section(pairs: readonly Pair[], style: Style): string[] {
  const safe = pairs.map(
    ([name, value]): Pair => [style.dim(name), value.split('\n').map(printable).join('\n')],
  );
  return nameValueLines(safe);
}

function projectPairs(project: ProjectInfo): Pair[] {
  const { id, name, owner, deployVersion, impulseId, impulseName, studioVersion } = project;
  const about = [
    name,
    id === undefined ? undefined : `(${id})`,
    owner === undefined ? undefined : `by ${owner}`,
  ].filter((part) => part !== undefined);
  const version = deployVersion === undefined ? '' : `, deploy version ${deployVersion}`;
  const impulse = [impulseName, impulseId === undefined ? undefined : `(${impulseId})`].filter(
    (part) => part !== undefined,
  );
  return [
    ...(about.length > 0 ? [['project', `${about.join(' ')}${version}`] as const] : []),
    ...(impulse.length > 0 ? [['impulse', impulse.join(' ')] as const] : []),
    ...(studioVersion === undefined ? [] : [['studio', studioVersion] as const]),
  ];
}

function runnerPairs({ engine, inner, isolation, notes }: RunnerDetails): Pair[] {
  return [
    ['runs in', `${engine}${inner === undefined ? '' : ` (${inner})`}, ${isolation}`],
    ...notes.map((note): Pair => ['note', note]),
  ];
}

function inputText(input: ImpulseInput): string {
  if (input.inputType !== 'image') {
    const rate = input.frequencyHz > 0 ? ` at ${input.frequencyHz} Hz` : '';
    const axes = input.axes.length > 0 ? `, axes ${input.axes.join(', ')}` : '';
    return `${input.inputType}, ${counted(input.featureCount, 'number')} in a window${rate}${axes}`;
  }
  const anchor = input.resizeMode === 'crop' ? ` (${input.cropAnchor})` : '';
  const { resampler = 'vips', gray = '601', quantizePath = 'float' } = input;
  const ways = [
    `resampler ${resampler}`,
    ...(input.channels === 'Grayscale' ? [`gray ${gray}`] : []),
    ...(quantizePath === 'float' ? [] : [quantizePath]),
  ];
  return `image, ${input.width} x ${input.height}, ${input.channels}, resize mode ${input.resizeMode}${anchor}, ${ways.join(', ')}`;
}

function learnBlockLines({ block, model }: LearnBlockInfo, style: Style): string[] {
  const title = `Learn block ${block.id}: ${printable(block.name)} (${kindOf(block)})`;
  const pairs: Pair[] = [
    ...('labels' in block ? [['labels', labelsText(block.labels)] as const] : []),
    ...limitPairs(block),
    ...(model === undefined ? dataPairs(block) : modelPairs(block, model)),
  ];
  const measured = model?.tuning === undefined ? [] : ['', ...tuningLines(model.tuning, style)];
  return [style.bold(title), ...section(pairs, style), ...measured];
}

function kindOf(block: LearnBlock): string {
  if (block.modelType === 'object-detection') return `object-detection, last layer ${block.lastLayer}`;
  if (block.modelType === 'anomaly' && block.algorithm === 'kmeans') return 'anomaly, K-means';
  return block.modelType;
}

/** K-means is data in place of a model. */
function dataPairs(block: LearnBlock): Pair[] {
  if (block.modelType !== 'anomaly' || block.kmeans === undefined) return [];
  const clusters = counted(block.kmeans.clusters.length, 'cluster');
  return [['model', `none: ${clusters} over ${counted(block.axes.length, 'feature')}`]];
}

function modelPairs({ inputScaling }: LearnBlock, model: ModelInfo): Pair[] {
  const { engine, otherEngines } = model;
  return [
    ['scaling', inputScaling],
    ['model', `${model.name} (${model.format}, ${byteSize(model.bytes)})`],
    ['inputs', tensorsText(model.inputs)],
    ['outputs', tensorsText(model.outputs)],
    [
      'engine',
      [
        `${engine.engine} ${engine.version}`,
        `delegate ${engine.delegate}`,
        counted(engine.threads, 'thread'),
        ...(engine.sessions === undefined ? [] : [counted(engine.sessions, 'session')]),
        ...(engine.isolation === undefined ? [] : [engine.isolation]),
      ].join(', '),
    ],
    ...(engine.library === undefined ? [] : [['library', engine.library] as const]),
    ...engine.notes.map((note): Pair => ['note', note]),
    ...otherEngines.map(
      ({ engine: name, reason, remedy }): Pair => [
        `not ${name}`,
        `${reason}${remedy === undefined ? '' : `\n${remedy}`}`,
      ],
    ),
  ];
}

/** More would only be in the way; `--json` has them all. */
const MAX_LABELS = 20;

function labelsText(labels: readonly string[]): string {
  const more = labels.length - MAX_LABELS;
  const shown = labels.slice(0, MAX_LABELS).join(', ');
  return `${labels.length}: ${shown}${more > 0 ? `, and ${more} more` : ''}`;
}

function limitPairs(block: LearnBlock): Pair[] {
  const thresholds = 'thresholds' in block ? Object.entries(block.thresholds) : [];
  return [
    ...(thresholds.length > 0
      ? [['thresholds', thresholds.map(([name, value]) => `${name} ${value}`).join(', ')] as const]
      : []),
    ...(block.modelType === 'object-detection'
      ? [['NMS', `overlap (IoU) ${block.nms.iou}, candidates above ${block.nms.confidence}`] as const]
      : []),
  ];
}

function tensorsText(tensors: readonly TensorInfo[]): string {
  const rows = tensors.map(({ name, shape, dataType, quantization: q }) => [
    `[${shape.map((size) => (size < 0 ? '?' : size)).join(', ')}]`,
    dataType,
    q === undefined ? '' : `scale ${Number(q.scale.toPrecision(7))}, zero point ${q.zeroPoint}`,
    printable(name),
  ]);
  return alignColumns(rows, ['left', 'left', 'left', 'left']).join('\n');
}
