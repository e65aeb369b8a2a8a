/** `MachineReport` for people. */
import type { MachineReport } from '../index.js';
import type { Style } from './style.js';
import { byteSize, counted, nameValueLines, printable } from './text.js';

export function doctorReport(report: MachineReport, style: Style): string {
  const { cpu, image, libc } = report;
  const features = cpu.features.length > 0 ? ` (${cpu.features.join(', ')})` : '';
  const machine = [
    ['platform', report.platform],
    ['CPU', `${cpu.model}${features}`],
    ['usable', counted(cpu.usable, 'processor')],
    ...(libc === '' ? [] : [['libc', libc] as const]),
    ['Node.js', report.node],
    ['memory', byteSize(report.memoryBytes)],
    ['pictures', `sharp ${image.sharp}, libvips ${image.libvips}`],
  ] as const;
  return [
    style.bold(`impulse-runtime ${report.package}`),
    ...nameValueLines(machine.map(([name, value]) => [style.dim(name), printable(value)])),
    '',
    style.bold('Engines'),
    ...nameValueLines(report.engines.map((engine) => [engine.name, engineText(engine, style)])),
  ].join('\n');
}

function engineText(engine: MachineReport['engines'][number], style: Style): string {
  if (!engine.available) {
    return `${style.red('missing')}  ${printable(engine.reason)}\n${style.yellow('mend:')} ${printable(engine.remedy)}`;
  }
  const details = engine.details === undefined ? '' : `, ${printable(engine.details)}`;
  const library = engine.library === undefined ? '' : `\n${printable(engine.library)}`;
  return `${style.green('works')}  version ${printable(engine.version)}${details}${library}`;
}
