/** Options that give models to other hardware: a TFLite delegate, an execution provider of ONNX Runtime. */
import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { checkOptionNames, describe } from '../options.js';
import type { Isolation } from './options.js';
import type { EngineName, SessionOptions, TfliteDelegate } from './session.js';

/** Those options, as `openDeployment()` takes them. */
export interface AcceleratorOptions {
  /**
   * A TFLite delegate in a shared library of its own: `{ path: 'libedgetpu.so.1', options: { device: 'usb' } }`. It gets the
   * operators that it takes, the engine `tflite` has the rest. Where it can't be had, nothing takes its place.
   */
  readonly tfliteDelegate?: TfliteDelegate;
  /**
   * What ONNX Runtime computes on: `cpu`, or what `impulse doctor` lists besides (`cuda`, `tensorrt`, `webgpu`, `coreml`).
   * Where it can't be had, nothing takes its place.
   *
   * @default 'cpu'
   */
  readonly executionProvider?: string;
}

const DELEGATE_OPTIONS = ['path', 'options'] as const satisfies readonly (keyof TfliteDelegate)[];

/**
 * Copies and checks them.
 *
 * @param engine the one asked for
 * @throws {InputError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID`
 */
export function normalizeAccelerators(
  { tfliteDelegate, executionProvider }: AcceleratorOptions,
  engine: EngineName | 'auto',
  where: string,
): AcceleratorOptions {
  const accelerators = {
    ...(tfliteDelegate !== undefined && {
      tfliteDelegate: normalizeDelegate(tfliteDelegate, `${where}: tfliteDelegate`),
    }),
    ...(executionProvider !== undefined && {
      executionProvider: aName(executionProvider, `${where}: executionProvider`),
    }),
  };
  const asked = engineAskedFor(accelerators);
  if (asked === undefined || engine === 'auto' || engine === asked.engine) return accelerators;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${where}: ${asked.option} is an option of the engine '${asked.engine}', but the engine '${engine}' was asked for. ` +
      `Leave out one of the two.`,
  );
}

/**
 * The engine that an accelerator belongs to: asking for the one is asking for the other.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: they belong to two
 */
export function engineAskedFor({
  tfliteDelegate,
  executionProvider = 'cpu',
}: Pick<SessionOptions, keyof AcceleratorOptions>):
  | { readonly engine: EngineName; readonly option: keyof AcceleratorOptions }
  | undefined {
  if (tfliteDelegate !== undefined && executionProvider !== 'cpu') {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `tfliteDelegate is for TFLite models, and executionProvider '${executionProvider}' for ONNX models. Leave out one of the two.`,
    );
  }
  if (tfliteDelegate !== undefined) return { engine: 'tflite', option: 'tfliteDelegate' };
  return executionProvider === 'cpu' ? undefined : { engine: 'onnx', option: 'executionProvider' };
}

/** @throws {InputError} `ERR_OPTION_INVALID`: what is to run is a program, with an engine of its own */
export function refuseForRunner(options: AcceleratorOptions): void {
  const asked = engineAskedFor(options);
  if (asked === undefined) return;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${asked.option}: a runner (.eim, WebAssembly) brings an engine of its own, and runs its models as it was built to. Leave the option out.`,
  );
}

/**
 * Where models run, unless the caller says so: a driver that crashes should end nothing but its model's process.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: it can't run in this process
 */
export function isolationFor(
  isolation: Isolation | undefined,
  executionProvider = 'cpu',
  where: string,
): Isolation {
  if (executionProvider === 'cpu') return isolation ?? 'none';
  // Two sessions that run at once, in two threads, end the process.
  if (executionProvider === 'webgpu' && isolation === 'none') {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: isolation: the execution provider 'webgpu' runs in a process of its own only, because it can end the process that it runs in. ` +
        "Leave the option out, or give 'process'.",
    );
  }
  return isolation ?? 'process';
}

function normalizeDelegate(delegate: TfliteDelegate, where: string): TfliteDelegate {
  checkOptionNames(delegate, DELEGATE_OPTIONS, where);
  const { path, options = {} } = delegate;
  if (typeof path !== 'string' || path === '') {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: path: expected the path of a delegate's library but received ${describe(path)}.`,
    );
  }
  return {
    // A name alone is for the system's loader, as in `dlopen()`.
    path: path.includes('/') ? resolve(path) : path,
    options: normalizePairs(options, `${where}: options`),
  };
}

function normalizePairs(options: unknown, where: string): Readonly<Record<string, string>> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: expected an object of strings but received ${describe(options)}.`,
    );
  }
  const pairs = Object.entries(options).map(([key, value]: [string, unknown]) => {
    if (typeof value === 'string' && !`${key}${value}`.includes('\0')) return [key, value] as const;
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: ${key}: expected a string but received ${describe(value)}.`,
    );
  });
  return Object.fromEntries(pairs);
}

function aName(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${where}: expected the name of an execution provider but received ${describe(value)}.`,
  );
}
