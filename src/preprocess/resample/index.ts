/** What the rest of the house uses of the resamplers. */
export { RESAMPLERS, type Resampler, type ResizePlan } from './plan.js';
export { planResize, type ResizeTask } from './plan-resize.js';
export { resizePixelsPortable } from './portable.js';
