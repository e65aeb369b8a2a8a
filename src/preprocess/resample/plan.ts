/** How a picture of one size becomes one of another: worked out once for a pair of sizes, as plain data. */
import type { AreaBlocksResample } from './area-blocks.js';
import type { AreaLinearResample } from './area-linear.js';
import type { LinearGray } from './linear-gray.js';
import type { NearestResample } from './nearest.js';
import type { SdkResample } from './sdk.js';
import type { VipsResample } from './vips.js';
import type { AreaResample, TriangleResample } from './weighted.js';

export { RESAMPLERS, type Resampler } from '../../deployment/impulse.js';

/** Whole pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A plan that any thread can carry out (structured-cloneable): cut `crop` out of the source, resample it to the size of
 * `place`, and lay it there on a black target; what sticks out of the target is cut off.
 */
export interface ResizePlan {
  /** Pixels of the source. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** Pixels of the target, the model input. */
  readonly width: number;
  readonly height: number;
  /** The part of the source that is resampled; inside the source. */
  readonly crop: Rect;
  /** Where the resampled picture lies in the target; may stick out of it on any side. */
  readonly place: Rect;
  readonly resample: Resample;
  /** How colour becomes gray at the end; absent: it stays colour. Gray sources are left as they are. */
  readonly linearGray?: LinearGray;
}

/** The arithmetic; one member for each family of kernels. `copy`: `crop` and `place` have the same size. */
export type Resample =
  | { readonly kind: 'copy' }
  | VipsResample
  | SdkResample
  | AreaResample
  | AreaBlocksResample
  | AreaLinearResample
  | TriangleResample
  | NearestResample;
