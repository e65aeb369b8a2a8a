/** How a signal is cut into frames. */
const { ceil, floor, fround, max } = Math;

export interface FramePlan {
  /** Samples in a frame. */
  readonly length: number;
  /** Samples from the start of one frame to that of the next. */
  readonly stride: number;
  /** Whole frames in so many samples. */
  count(samples: number): number;
}

/**
 * @param version of the block: 1 rounds to whole samples and loses the last frame
 * @param frequency samples in a second, as the block takes it
 * @param frameLength seconds
 * @param frameStride seconds
 */
export function planFrames(
  version: number,
  frequency: number,
  frameLength: number,
  frameStride: number,
): FramePlan {
  const round = version === 1 ? (samples: number) => floor(samples + 0.5) : upUnlessVeryClose;
  const length = round(fround(fround(frequency) * fround(frameLength)));
  const stride = round(fround(fround(frequency) * fround(frameStride)));
  const overlap = version === 1 ? length : length - stride;
  return {
    length,
    stride,
    count: (samples) => max(0, floor(fround(fround(samples - overlap) / stride))),
  };
}

/** Seconds are float32: 0.018 s of 1000 Hz are 18.000001 samples, which shall be 18. */
function upUnlessVeryClose(samples: number): number {
  const down = floor(samples);
  return samples > down && samples - down < fround(0.001) ? down : ceil(samples);
}
