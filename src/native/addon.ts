/** The native addon: what it offers, and where it is found. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../preprocess/frame-format.js';
import type { Packing, PixelElements } from '../preprocess/packing.js';
import type { ResizePlan } from '../preprocess/resample/plan.js';
import type { DataType, TensorData } from '../tensor.js';

/** What `native/addon.cc` exports. It trusts its caller: what the arguments must be is checked before. */
export interface NativeAddon {
  readonly interfaceVersion: number;
  /** Instructions that its kernels use; `IMPULSE_NATIVE_CPU` may ask for less than there are. */
  readonly cpuLevel: 'baseline' | 'avx2' | 'avx512';
  /** As `packPixels()` of `preprocess/pack-pixels.ts`, to the last bit. */
  packPixels(pixels: Uint8Array, packing: Packing, out: PixelElements): PixelElements;
  /** As `imageFeaturesPortable()` of `preprocess/features.ts`. */
  imageFeatures(pixels: Uint8Array, out: Float32Array): Float32Array;
  /** Copies all elements of `from`; false if one of them is NaN or infinite. Both have the same length. */
  copyFinite(from: Float32Array, to: Float32Array): boolean;
  /** All rows of `rgbRows()` of `preprocess/frame-format.ts`, one after the other. */
  unpackFrame(frame: Frame, out: Uint8Array): Uint8Array;
  /**
   * As `resizePixelsPortable()` of `preprocess/resample/portable.ts`, to the last bit. What it reads of a plan it keeps with
   * that object, so plans must not change.
   */
  resizeFrame(frame: Frame, plan: ResizePlan, out: Uint8Array): Uint8Array;
  /** The same on a thread of libuv's pool. Copies nothing: no byte may be changed or transferred before. */
  resizeFrameAsync(frame: Frame, plan: ResizePlan, out: Uint8Array): Promise<Uint8Array>;
  /** And packs the resized pixels into `elements`, in the same go. */
  resizeFrameAsync(
    frame: Frame,
    plan: ResizePlan,
    out: Uint8Array,
    packing: Packing,
    elements: PixelElements,
  ): Promise<Uint8Array>;
  /** Opens a TFLite C library; rejects with the system loader's words. */
  probeLibrary(path: string): Promise<{ readonly version: string; readonly xnnpack: boolean }>;
  /** @throws {NativeFailure} as a rejection */
  openSession(options: NativeOpenOptions): Promise<OpenedSession>;
}

export interface NativeOpenOptions {
  /** Path of a TFLite C library. */
  readonly library: string;
  /** Copied before the call returns. */
  readonly model: Uint8Array;
  readonly threads: number;
  /** Which kernels to try, in order: -1 for the library's own, otherwise the flags of the XNNPACK delegate. */
  readonly kernels: readonly number[];
  /** A delegate from a library of its own; the kernels have what it leaves. */
  readonly delegate?: {
    /** As `dlopen()` takes it. */
    readonly path: string;
    readonly options: readonly (readonly [name: string, value: string])[];
  };
}

export interface NativeTensorInfo {
  readonly name: string;
  /** A dimension of -1 is not known before the first run. */
  readonly shape: readonly number[];
  /** The library's number of a type that is not one of ours. */
  readonly dataType: DataType | number;
  /** 0: not quantised. */
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface OpenedSession {
  readonly version: string;
  readonly inputs: readonly NativeTensorInfo[];
  readonly outputs: readonly NativeTensorInfo[];
  /** Index into `NativeOpenOptions.kernels`. */
  readonly kernels: number;
  /** Why those before it did not work. */
  readonly failures: readonly string[];
  /** How many of the model's operators the delegate took; absent where it does not let itself be watched. */
  readonly share?: { readonly taken: number; readonly operators: number };
  readonly session: NativeSession;
}

export interface NativeSession {
  /**
   * Copies elements before it returns; pixels and outputs are used where they lie until the promise settles, and must not
   * be changed or transferred before. Rejects with a {@link NativeFailure}.
   *
   * @param outputs memory for each output, written until the promise settles; one of another size than the output's
   *   is left alone, and the result has memory of its own
   */
  run(
    inputs: readonly (TensorData | { readonly pixels: Uint8Array; readonly packing: Packing })[],
    outputs: readonly ArrayBuffer[],
  ): Promise<NativeRunResult>;
  /** Once. Refuses queued runs and waits for the one in progress. */
  close(): Promise<void>;
}

export interface NativeOutput {
  readonly data: ArrayBuffer;
  /** Where it differs from the one stated at opening. */
  readonly shape?: readonly number[];
}

export interface NativeRunResult {
  readonly outputs: readonly NativeOutput[];
  readonly queueMs: number;
  readonly tensorMs: number;
  readonly inferenceMs: number;
}

/** An error of the addon: the library failed, the delegate can't be had, the session was closed, or an input held NaN or infinity. */
export interface NativeFailure extends Error {
  readonly kind: 'engine' | 'delegate' | 'closed' | 'not-finite';
}

/** A place where the addon was looked for, and why it was not that one. */
export interface AddonAttempt {
  readonly place: string;
  readonly reason: string;
}

export type AddonOutcome =
  | { readonly loaded: true; readonly addon: NativeAddon; readonly path: string }
  | { readonly loaded: false; readonly attempts: readonly AddonAttempt[]; readonly remedy: string };

/** Must equal `kInterfaceVersion` of `native/addon.cc`. */
const INTERFACE_VERSION = 7;

const require = createRequire(import.meta.url);
/** Compiles the addon; it works in a checkout and in `node_modules` alike. */
const INSTALLER = fileURLToPath(new URL('../../native/install.mjs', import.meta.url));
const LOCAL_BUILD = fileURLToPath(new URL('../../native/build/impulse_runtime.node', import.meta.url));

let outcome: AddonOutcome | undefined;

/**
 * Loads the addon: the file that `IMPULSE_NATIVE_ADDON` names and no other, or else the package for this
 * platform, or else what `npm install` built. Looks once a process. Never throws.
 */
export function loadAddon(): AddonOutcome {
  outcome ??= findAddon();
  return outcome;
}

/** As {@link loadAddon}, without its memory. */
export function findAddon(env: NodeJS.ProcessEnv = process.env): AddonOutcome {
  const attempts: AddonAttempt[] = [];
  for (const { place, path } of candidates(env)) {
    try {
      return { loaded: true, addon: load(path), path };
    } catch (error) {
      attempts.push({ place, reason: reasonOf(error) });
    }
  }
  return { loaded: false, attempts, remedy: remedyFor(env) };
}

function candidates(env: NodeJS.ProcessEnv): { place: string; path: string }[] {
  const explicit = env.IMPULSE_NATIVE_ADDON;
  if (explicit) return [{ place: `IMPULSE_NATIVE_ADDON=${explicit}`, path: resolve(explicit) }];
  return [
    ...platformPackages().map((name) => ({ place: `package ${name}`, path: name })),
    { place: LOCAL_BUILD, path: LOCAL_BUILD },
  ];
}

/** The one for musl is not for glibc and the other way round; the wrong one fails to load and says so. */
function platformPackages(): string[] {
  const name = `@impulse-runtime/${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? [name, `${name}-musl`] : [name];
}

function load(path: string): NativeAddon {
  if (path === LOCAL_BUILD && !existsSync(path))
    throw new Error('it was not built when this package was installed');
  const addon: NativeAddon = require(path);
  if (addon.interfaceVersion === INTERFACE_VERSION) return addon;
  throw new Error(
    `it belongs to another version of this package (interface ${addon.interfaceVersion}, not ${INTERFACE_VERSION})`,
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'MODULE_NOT_FOUND') return 'not installed';
  return error.message;
}

function remedyFor(env: NodeJS.ProcessEnv): string {
  if (env.IMPULSE_NATIVE_ADDON) return 'Correct or unset IMPULSE_NATIVE_ADDON.';
  return `Install a C++ compiler (Debian: apt install g++), then run: node ${INSTALLER}`;
}
