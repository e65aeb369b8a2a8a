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
    ...report.accelerators.map(({ kind, place }) => ['beside it', `${kind} (${place})`] as const),
  ] as const;
  return [
    style.bold(`impulse-runtime ${report.package}`),
    ...nameValueLines(machine.map(([name, value]) => [style.dim(name), printable(value)])),
    '',
    style.bold('Engines'),
    ...nameValueLines(report.engines.map((engine) => [engine.name, engineText(engine, style)])),
    ...providerLines(report, style),
    '',
    style.bold('Runners (.eim) are confined by'),
    ...isolationLines(report.runnerIsolation, style),
  ].join('\n');
}

/** Where there is a choice. */
function providerLines({ executionProviders }: MachineReport, style: Style): string[] {
  if (executionProviders.length < 2) return [];
  const rows = executionProviders.map((provider): [string, string] => [
    provider.name,
    provider.available ? style.green('works') : `${style.dim('no')}  ${printable(provider.reason)}`,
  ]);
  return ['', style.bold('Execution providers of onnx'), ...nameValueLines(rows)];
}

function isolationLines({ description, refused }: MachineReport['runnerIsolation'], style: Style): string[] {
  const stricter = refused.map(({ method, reason }): [string, string] => [
    `not ${method}`,
    printable(reason),
  ]);
  return [
    `  ${printable(description)}`,
    ...nameValueLines(stricter.map(([name, why]) => [style.dim(name), why])),
  ];
}

function engineText(engine: MachineReport['engines'][number], style: Style): string {
  if (!engine.available) {
    return `${style.red('missing')}  ${printable(engine.reason)}\n${style.yellow('mend:')} ${printable(engine.remedy)}`;
  }
  const details = engine.details === undefined ? '' : `, ${printable(engine.details)}`;
  const library = engine.library === undefined ? '' : `\n${printable(engine.library)}`;
  return `${style.green('works')}  version ${printable(engine.version)}${details}${library}`;
}
