/** An execution provider of ONNX Runtime other than the CPU: whether this build has it, why it fails, how much it runs. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InferenceSession, OnnxValue } from 'onnxruntime-node';
import type { ImpulseError } from '../../errors.js';
import { EngineError, UnsupportedError } from '../../errors.js';
import { firstLine, loadError } from './onnx-errors.js';
import { smallestModel } from './onnx-smallest.js';

type Ort = typeof import('onnxruntime-node');

/** What is to be opened, and on what. */
export interface ProviderOrder {
  readonly model: Uint8Array;
  /** Name of the model, for messages. */
  readonly name: string;
  readonly provider: string;
  /** Of the package. */
  readonly version: string;
  /** Path of the package's library. */
  readonly library: string;
  readonly options: InferenceSession.SessionOptions;
}

/** How a model came out on a provider. */
export interface Placed {
  readonly session: InferenceSession;
  readonly delegate: string;
  readonly notes: readonly string[];
}

/**
 * Opens a model on an execution provider and runs it once, on `feeds`, to see who runs it: what the provider lacks,
 * ONNX Runtime gives to the CPU without a word.
 *
 * @param feedsFor zeros for the inputs of a session
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: this build lacks the provider; or the model's own fault
 * @throws {EngineError} `ERR_ENGINE_UNAVAILABLE`: it does not start on this machine; `ERR_ENGINE_LOAD`: it fails on this
 *   model, or runs nothing of it
 */
export async function openOnProvider(
  ort: Ort,
  order: ProviderOrder,
  feedsFor: (session: InferenceSession) => Record<string, OnnxValue>,
): Promise<Placed> {
  const { model, provider } = order;
  requireProvider(ort, order);
  const folder = await mkdtemp(join(tmpdir(), 'impulse-onnx-'));
  try {
    const session = await ort.InferenceSession.create(model, {
      ...order.options,
      executionProviders: [provider],
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    }).catch(async (error) => Promise.reject(await whyNot(ort, order, error)));
    try {
      await session.run(feedsFor(session)).catch((error) => Promise.reject(failedTrial(order, error)));
      // The profile is written now; from here on the session takes none.
      session.endProfiling();
      return { session, ...told(order, countOperators(await onlyFile(folder))) };
    } catch (error) {
      await session.release();
      throw error;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many operators each provider ran, by the names that ONNX Runtime's profiles give them. */
export function countOperators(profile: string): ReadonlyMap<string, number> {
  const events = JSON.parse(profile) as readonly ProfileEvent[];
  const counts = new Map<string, number>();
  for (const { cat, args } of events) {
    // Copies between the two are of nobody's model.
    if (cat !== 'Node' || args?.provider === undefined || /^Memcpy/.test(args.op_name ?? '')) continue;
    counts.set(args.provider, (counts.get(args.provider) ?? 0) + 1);
  }
  return counts;
}

interface ProfileEvent {
  readonly cat?: string;
  readonly args?: { readonly provider?: string; readonly op_name?: string };
}

const CPU = 'CPUExecutionProvider';

function told(
  { provider, name }: ProviderOrder,
  counts: ReadonlyMap<string, number>,
): Pick<Placed, 'delegate' | 'notes'> {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const left = counts.get(CPU) ?? 0;
  if (left === 0) return { delegate: provider, notes: [] };
  if (left < all) {
    return {
      delegate: `${provider}, cpu`,
      notes: [`${provider} runs ${all - left} of ${all} operators; the CPU has the rest`],
    };
  }
  throw new EngineError(
    'ERR_ENGINE_LOAD',
    `The execution provider '${provider}' of ONNX Runtime runs no operator of ${name}: the CPU would run all ${all}, as without it. ` +
      'Leave out the option executionProvider, or give a model of operators and types that it has.',
  );
}

async function onlyFile(folder: string): Promise<string> {
  const [file = ''] = await readdir(folder);
  return readFile(join(folder, file), 'utf8');
}

function requireProvider(ort: Ort, { provider, version }: ProviderOrder): void {
  const names = ort.listSupportedBackends().map(({ name }) => name);
  if (names.includes(provider)) return;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `onnxruntime-node ${version} for ${process.platform}-${process.arch} has no execution provider '${provider}'. ` +
      `These it has: ${names.join(', ')}.`,
  );
}

/** The provider's fault where it fails on any model, else this model's. */
async function whyNot(ort: Ort, order: ProviderOrder, error: unknown): Promise<ImpulseError> {
  const { name, provider, version } = order;
  try {
    const session = await ort.InferenceSession.create(smallestModel(), {
      ...order.options,
      executionProviders: [provider],
    });
    await session.release();
  } catch (cause) {
    return notStarting(order, cause);
  }
  return loadError(error, name, `${version} (${provider})`);
}

/** What providers need that the package does not bring. */
const NEEDS: Readonly<Record<string, string>> = {
  cuda: 'an NVIDIA card with its driver, CUDA 12, cuDNN 9, and',
  tensorrt: 'an NVIDIA card with its driver, CUDA 12, TensorRT 10, and',
};

function notStarting({ provider, library }: ProviderOrder, cause: unknown): EngineError {
  // Some begin with the condition that did not hold, in C++.
  const words = firstLine(cause).replace(/^.* was false\. /, '');
  return new EngineError(
    'ERR_ENGINE_UNAVAILABLE',
    `The execution provider '${provider}' of ONNX Runtime does not start on this machine: ${words}. ` +
      needs(provider, library),
    { cause },
  );
}

function needs(provider: string, library: string): string {
  const nvidia = NEEDS[provider];
  if (nvidia !== undefined) {
    return `It needs ${nvidia} libonnxruntime_providers_${provider}.so in ${dirname(library)}, which the install script of onnxruntime-node downloads.`;
  }
  if (provider === 'webgpu')
    return 'It needs a graphics card and its driver (on Linux for Vulkan, with libvulkan.so.1).';
  return 'Without the option executionProvider the CPU runs the model.';
}

function failedTrial({ name, provider }: ProviderOrder, cause: unknown): EngineError {
  return new EngineError(
    'ERR_ENGINE_LOAD',
    `${name} fails on the execution provider '${provider}' of ONNX Runtime: ${firstLine(cause)}`,
    { cause },
  );
}
