/** Carries out a plan with the kernels in TypeScript. */
import { resampleAreaBlocks } from '../../../src/preprocess/resample/area-blocks.js';
import { resampleAreaLinear } from '../../../src/preprocess/resample/area-linear.js';
import { resampleNearest } from '../../../src/preprocess/resample/nearest.js';
import type { ResizePlan } from '../../../src/preprocess/resample/plan.js';
import { resampleSdk } from '../../../src/preprocess/resample/sdk.js';
import { resampleArea, resampleTriangle } from '../../../src/preprocess/resample/weighted.js';

export function resized(source: Uint8Array, plan: ResizePlan): Uint8Array {
  const out = new Uint8Array(plan.width * plan.height * 3);
  const { resample } = plan;
  switch (resample.kind) {
    case 'sdk':
      resampleSdk(source, plan, resample, out);
      break;
    case 'area':
      resampleArea(source, plan, resample, out);
      break;
    case 'area-blocks':
      resampleAreaBlocks(source, plan, resample, out);
      break;
    case 'area-linear':
      resampleAreaLinear(source, plan, resample, out);
      break;
    case 'triangle':
      resampleTriangle(source, plan, resample, out);
      break;
    case 'nearest':
      resampleNearest(source, plan, resample, out);
      break;
    case 'copy':
      copy(source, plan, out);
      break;
  }
  return out;
}

function copy(source: Uint8Array, { sourceWidth, crop, place, width }: ResizePlan, out: Uint8Array): void {
  for (let y = 0; y < crop.height; y++) {
    const from = ((crop.y + y) * sourceWidth + crop.x) * 3;
    out.set(source.subarray(from, from + crop.width * 3), ((place.y + y) * width + place.x) * 3);
  }
}
