/** What a measurement depends on besides the model. */
import { arch, cpus } from 'node:os';
import { packageVersion } from '../../package-version.js';
import { ENGINES } from '../engines/index.js';
import { usableProcessors } from '../processors.js';
import type { SessionOptions } from '../session.js';
import type { Machine } from './tuning.js';

export async function thisMachine(options: Partial<SessionOptions>): Promise<Machine> {
  const engines = await Promise.all(
    ENGINES.map(async (engine) => [engine.name, await engine.probe(options)] as const),
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    processors: usableProcessors(),
    arch: arch(),
    node: process.versions.node,
    package: packageVersion(),
    engines: Object.fromEntries(
      engines.flatMap(([name, status]) => (status.available ? [[name, status.version]] : [])),
    ),
  };
}

export function isSameMachine(a: Machine, b: Machine): boolean {
  return text(a) === text(b);
}

function text({ engines, ...machine }: Machine): string {
  return JSON.stringify([
    Object.entries(machine).sort(([a], [b]) => a.localeCompare(b)),
    Object.entries(engines).sort(([a], [b]) => a.localeCompare(b)),
  ]);
}
