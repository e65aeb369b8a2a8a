/** Plans for resizing, remembered: making one takes longer than carrying it out on a small picture. */
import { planArea } from './area-plan.js';
import { LINEAR_GRAY, LINEAR_GRAY_8_14 } from './linear-gray.js';
import { planNearest } from './nearest-plan.js';
import type { Resampler, ResizePlan } from './plan.js';
import type { ResizeRequest } from './request.js';
import { planSdk } from './sdk-plan.js';
import { planTriangle } from './triangle-plan.js';
import { planVips, planVips814 } from './vips-plan.js';

const PLANNERS = {
  vips: planVips,
  'vips-8.14': planVips814,
  sdk: planSdk,
  area: planArea,
  triangle: planTriangle,
  nearest: planNearest,
} as const satisfies Record<Resampler, (request: ResizeRequest) => ResizePlan>;

export interface ResizeTask extends ResizeRequest {
  readonly resampler: Resampler;
  /** Colour becomes gray in linear light, R = G = B. */
  readonly linearGray: boolean;
}

/** Cameras give frames of one size; files of many sizes seldom come back. */
const REMEMBERED = 32;

const plans = new Map<string, ResizePlan>();

/**
 * The same object for the same task, as long as it is not one of too many.
 *
 * @throws {InputError} `ERR_INPUT_IMAGE`: this resampler can't resize such a picture
 */
export function planResize(task: ResizeTask): ResizePlan {
  const key = keyOf(task);
  const plan = plans.get(key) ?? makePlan(task);
  // Again, so that the map's order is that of the last use.
  plans.delete(key);
  plans.set(key, plan);
  if (plans.size > REMEMBERED) plans.delete(plans.keys().next().value!);
  return plan;
}

function keyOf(task: ResizeTask): string {
  const { sourceWidth, sourceHeight, width, height, resizeMode, cropAnchor, resampler, linearGray } = task;
  const anchor = resizeMode === 'crop' ? cropAnchor : '';
  return `${sourceWidth},${sourceHeight},${width},${height},${resizeMode},${anchor},${resampler},${linearGray}`;
}

function makePlan({ resampler, linearGray, ...request }: ResizeTask): ResizePlan {
  const plan = PLANNERS[resampler](request);
  if (!linearGray) return plan;
  return { ...plan, linearGray: resampler === 'vips-8.14' ? LINEAR_GRAY_8_14 : LINEAR_GRAY };
}
