/** Registered models, for people. */
import type { RegisteredModel } from '../registry/models.js';
import type { Transcoding } from '../registry/transcodings.js';
import type { Style } from './style.js';
import { alignColumns, byteSize, nameValueLines, printable } from './text.js';

export function modelTable(models: readonly RegisteredModel[], style: Style): string {
  if (models.length === 0) return 'no models\n';
  const rows = models.map((model) => [
    printable(model.name) + (model.deprecated ? ' (deprecated)' : ''),
    model.id,
    model.format,
    byteSize(model.bytes),
    moment(model.created),
  ]);
  const head = ['name', 'id', 'format', 'size', 'created (UTC)'].map(style.bold);
  const lines = alignColumns([head, ...rows], ['left', 'left', 'left', 'right', 'left']);
  return `${lines.join('\n')}\n`;
}

export function modelReport(
  model: RegisteredModel,
  transcodings: readonly Transcoding[],
  targets: readonly string[],
  style: Style,
): string {
  const { id, name, fileName, format, bytes, sha256, created, updated, deprecated, properties } = model;
  const facts: [string, string][] = [
    ['id', id],
    ['file', `${printable(fileName)}  ${format}, ${byteSize(bytes)}`],
    ['sha256', sha256],
    ['created', created],
    ['updated', updated],
    ...(deprecated ? ([['deprecated', 'yes']] as [string, string][]) : []),
    ...Object.entries(properties).map(([key, value]): [string, string] => [printable(key), valueText(value)]),
    ['can be made into', targets.length === 0 ? 'nothing else here' : targets.join(', ')],
  ];
  const lines = [style.bold(printable(name)), ...nameValueLines(facts)];
  if (transcodings.length > 0) {
    lines.push('', style.bold('Transcodings'), ...transcodings.map((each) => `  ${transcodingLine(each)}`));
  }
  return `${lines.join('\n')}\n`;
}

export function transcodingLine({ id, targetFormat, fileName, bytes }: Transcoding): string {
  return `${targetFormat}  ${printable(fileName)}  ${byteSize(bytes)}  ${id}`;
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** `2026-01-31 12:00` */
function moment(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
