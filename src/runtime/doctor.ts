/** What this machine can do, in facts: for `impulse doctor`, and for bug reports. */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import sharp from 'sharp';
import { packageVersion } from '../package-version.js';
import { type Accelerator, findAccelerators } from './accelerators.js';
import { type EimIsolation, eimIsolation } from './engines/eim.js';
import { ENGINES } from './engines/index.js';
import { type ExecutionProvider, executionProviders } from './engines/onnx-providers.js';
import { usableProcessors } from './processors.js';
import type { EngineName, EngineStatus } from './session.js';

export interface MachineReport {
  readonly package: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: { readonly model: string; readonly features: readonly string[]; readonly usable: number };
  /** `glibc 2.36`, `musl`, or empty where there is no such choice. */
  readonly libc: string;
  readonly memoryBytes: number;
  readonly image: { readonly sharp: string; readonly libvips: string };
  readonly engines: readonly ({ readonly name: EngineName } & EngineStatus)[];
  /** What the engine `onnx` can compute on, each tried. */
  readonly executionProviders: readonly ExecutionProvider[];
  /** What a delegate or an execution provider could use. */
  readonly accelerators: readonly Accelerator[];
  /** How an `.eim` would be confined here, and why not more strictly. */
  readonly runnerIsolation: EimIsolation;
}

/** Looks at the machine and tries each engine. Never throws. */
export async function inspectMachine(): Promise<MachineReport> {
  return {
    package: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: { model: cpus()[0]?.model ?? 'unknown', features: cpuFeatures(), usable: usableProcessors() },
    libc: libc(),
    memoryBytes: totalmem(),
    image: { sharp: sharp.versions.sharp ?? 'unknown', libvips: sharp.versions.vips },
    engines: await Promise.all(
      ENGINES.map(async (engine) => ({ name: engine.name, ...(await engine.probe()) })),
    ),
    executionProviders: await executionProviders(),
    accelerators: findAccelerators(),
    runnerIsolation: await eimIsolation(),
  };
}

/** The vector extensions that decide how fast models run; empty where the system does not list them. */
function cpuFeatures(): string[] {
  const wanted = [
    'sse4_2',
    'avx',
    'avx2',
    'fma',
    'avx512f',
    'avx512_vnni',
    'avx_vnni',
    'asimd',
    'asimddp',
    'i8mm',
  ];
  try {
    const line = readFileSync('/proc/cpuinfo', 'utf8').match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? '';
    const listed = new Set(line.trim().split(/\s+/));
    return wanted.filter((feature) => listed.has(feature));
  } catch {
    return [];
  }
}

/** Only a glibc build of Node.js reports a glibc version. */
function libc(): string {
  if (process.platform !== 'linux') return '';
  const report: unknown = process.report?.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return 'unknown';
  const { header } = report;
  if (typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header) {
    return `glibc ${String(header.glibcVersionRuntime)}`;
  }
  return 'musl';
}
