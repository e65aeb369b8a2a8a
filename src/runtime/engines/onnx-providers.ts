/** The execution providers of ONNX Runtime on this machine, each tried. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openIsolated } from './isolated/session.js';
import { onnxEngine } from './onnx.js';
import { smallestModel } from './onnx-smallest.js';
import { workerPath } from './worker-session.js';

/** A name for the option `executionProvider`, and whether it works here. */
export type ExecutionProvider =
  | { readonly name: string; readonly available: true }
  | { readonly name: string; readonly available: false; readonly reason: string };

const LIMIT_MS = 20_000;

/**
 * Runs the smallest model on each, in a process of its own: nothing is loaded here, and no driver can do harm. None where
 * ONNX Runtime itself is missing. Never throws.
 */
export async function executionProviders(): Promise<ExecutionProvider[]> {
  const { available } = await onnxEngine.probe();
  if (!available) return [];
  const providers: ExecutionProvider[] = [];
  for (const name of await knownNames()) providers.push(await tried(name));
  return providers;
}

async function knownNames(): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [workerPath('onnx-provider-list.js')], {
      timeout: LIMIT_MS,
    });
    return JSON.parse(stdout) as string[];
  } catch {
    return [];
  }
}

async function tried(name: string): Promise<ExecutionProvider> {
  const model = { format: 'onnx', name: 'the smallest model', bytes: smallestModel() } as const;
  try {
    const { session } = await openIsolated(
      { model, wanted: 'onnx', options: { threads: 1, executionProvider: name } },
      { startTimeoutMs: LIMIT_MS },
    );
    await session.close();
    return { name, available: true };
  } catch (error) {
    return { name, available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
