/** The stages of one classification, in the order in which they happen. */
import type { StageTiming } from '../index.js';

export const STAGES = [
  'decode',
  'resize',
  'dsp',
  'queue',
  'tensor',
  'inference',
  'postprocess',
  'other',
  'total',
] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Milliseconds of each. `other` is what of the total no stage accounts for: hops between threads, and the event loop. Learn
 * blocks that run at once are summed up, so that the stages of several may be longer than the total; `other` is 0 then.
 */
export type StageTimes = Readonly<Record<Stage, number>>;

export function stageTimes(timing: StageTiming): StageTimes {
  const { decodeMs, resizeMs, dspMs, queueMs, tensorMs, inferenceMs, postprocessMs, totalMs } = timing;
  const known = decodeMs + resizeMs + dspMs + queueMs + tensorMs + inferenceMs + postprocessMs;
  return {
    decode: decodeMs,
    resize: resizeMs,
    dsp: dspMs,
    queue: queueMs,
    tensor: tensorMs,
    inference: inferenceMs,
    postprocess: postprocessMs,
    other: Math.max(0, totalMs - known),
    total: totalMs,
  };
}
