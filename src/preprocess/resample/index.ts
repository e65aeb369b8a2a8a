/** Pictures of the model's size from frames: native where there is an addon, else in TypeScript. */
import { loadAddon } from '../../native/addon.js';
import type { Frame } from '../frame-format.js';
import type { ResizePlan } from './plan.js';
import { resizePixelsPortable } from './portable.js';

export { RESAMPLERS, type Resampler, type ResizePlan } from './plan.js';
export { planResize, type ResizeTask } from './plan-resize.js';

/**
 * On the calling thread.
 *
 * @param frame of the plan's source size
 * @param out width x height x 3 bytes of the target: R G B interleaved, all of which are written
 */
export function resizePixels(frame: Frame, plan: ResizePlan, out: Uint8Array): Uint8Array {
  const native = loadAddon();
  return native.loaded ? native.addon.resizeFrame(frame, plan, out) : resizePixelsPortable(frame, plan, out);
}
