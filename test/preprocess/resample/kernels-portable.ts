import type { Frame } from '../../../src/preprocess/frame-format.js';
import type { ResizePlan } from '../../../src/preprocess/resample/plan.js';
import { resizePixelsPortable } from '../../../src/preprocess/resample/portable.js';

/** R G B pixels without padding, as a frame. */
export function rgbFrame(data: Uint8Array, { sourceWidth, sourceHeight }: ResizePlan): Frame {
  return { format: 'RGB', width: sourceWidth, height: sourceHeight, stride: sourceWidth * 3, data };
}

/** Carries out a plan for R G B pixels with the kernels in TypeScript. */
export function resized(source: Uint8Array, plan: ResizePlan): Uint8Array {
  const out = new Uint8Array(plan.width * plan.height * 3);
  return resizePixelsPortable(rgbFrame(source, plan), plan, out);
}
