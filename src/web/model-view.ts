/** What the model is. */
import type { Block, Model } from './api-types.js';
import { element } from './dom.js';
import { labelsOf } from './findings.js';
import { factList } from './result-view.js';
import { bytes } from './words.js';

const FEW_LABELS = 12;

const ORIGINS = {
  served: 'served: the server was started with it',
  registered: 'registered',
  pretrained: 'pretrained, uploaded',
} as const;

export function modelView(model: Model): HTMLElement[] {
  const { project, learnBlocks, warnings } = model;
  const owned = [project.owner, project.name].filter(Boolean).join(' / ');
  const facts: (readonly [string, string])[] = [
    ['Input', inputInWords(model.input)],
    ...(owned === '' ? [] : [['Project', owned] as const]),
    ['Origin', ORIGINS[model.origin]],
    ...(model.engine === undefined ? [] : [['Engine', model.engine] as const]),
    ...learnBlocks.flatMap((block) => blockFacts(block, learnBlocks.length > 1)),
  ];
  return [factList(facts), ...labelList(labelsOf(model)), ...warnings.map(warningView)];
}

export function inputInWords(input: Model['input']): string {
  if (input.inputType === 'image') {
    const { width, height, channels, resizeMode } = input;
    return `image ${width} × ${height}, ${channels}, ${resizeMode}`;
  }
  const { inputType, featureCount, axes, frequencyHz } = input;
  const time = frequencyHz > 0 ? `, ${frequencyHz} Hz` : '';
  const named = axes.length > 1 ? `, ${axes.join(' ')}` : '';
  return `${inputType}, ${featureCount.toLocaleString('en')} numbers${time}${named}`;
}

function blockFacts(block: Block, isOneOfMany: boolean): (readonly [string, string])[] {
  const { modelType, lastLayer, engine, threads, format, bytes: size } = block;
  const runs = [
    engine,
    threads === undefined ? undefined : `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  ];
  const kind = lastLayer === undefined ? modelType : `${modelType}, ${lastLayer}`;
  return [
    [isOneOfMany ? `Block ${block.id}` : 'Kind', kind],
    ...(engine === undefined ? [] : [['Engine', runs.filter(Boolean).join(', ')] as const]),
    ...(format === undefined ? [] : [['File', `${format}, ${bytes(size ?? 0)}`] as const]),
    ...tensors('Takes', block.inputs),
    ...tensors('Gives', block.outputs),
  ];
}

function tensors(title: string, list: Block['inputs']): (readonly [string, string])[] {
  if (list === undefined || list.length === 0) return [];
  return [[title, list.map(({ shape, dataType }) => `${dataType} [${shape.join(', ')}]`).join(' ')]];
}

function labelList(labels: readonly string[]): HTMLElement[] {
  if (labels.length === 0) return [];
  const few = labels.slice(0, FEW_LABELS).join(', ');
  const line = element(
    'p',
    { class: 'labels' },
    element('b', {}, labels.length === 1 ? '1 label: ' : `${labels.length} labels: `),
    few,
  );
  if (labels.length <= FEW_LABELS) return [line];
  const rest = labels.slice(FEW_LABELS);
  const folded = element(
    'details',
    {},
    element('summary', {}, `${rest.length} more labels`),
    element('p', { class: 'labels' }, rest.join(', ')),
  );
  return [line, folded];
}

function warningView({ code, message }: Model['warnings'][number]): HTMLElement {
  return element('p', { class: 'warning' }, message, ' ', element('code', {}, code));
}
