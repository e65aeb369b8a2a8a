import type { EngineName, ImpulseError, RawFrame } from '../../src/index.js';
import { isImpulseError } from '../../src/index.js';
import { loadAddon } from '../../src/native/addon.js';

/** Engines that run TFLite models here. Where the addon was not built this says so. */
export const deployableEngines: EngineName[] = addonBuilt() ? ['tflite', 'litert-wasm'] : ['litert-wasm'];

function addonBuilt(): boolean {
  const outcome = loadAddon();
  if (outcome.loaded) return true;
  console.warn('NOT TESTED: the engine tflite; its addon was not built on this machine.');
  return false;
}

/** The error with which a promise is rejected; it must be one of ours. */
export async function refusalOf(promise: Promise<unknown>): Promise<ImpulseError> {
  try {
    await promise;
  } catch (error) {
    if (isImpulseError(error)) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

/** A frame that is full red (0), green (1) or blue (2). */
export function solid(
  channel: number,
  width: number,
  height: number,
): Extract<RawFrame, { channels: number }> {
  const data = new Uint8Array(width * height * 3);
  for (let i = channel; i < data.length; i += 3) data[i] = 255;
  return { data, width, height, channels: 3 };
}
