/** Something to measure with where the caller has nothing: what a camera or a microphone might give. */
import type { Impulse } from '../../deployment/impulse.js';
import type { ClassifyInput } from '../classification.js';

/** A picture of the model's size, or one window of samples. The same every time. */
export function sampleInput({ input }: Pick<Impulse, 'input'>): ClassifyInput {
  if (input.inputType !== 'image') {
    const loudness = input.inputType === 'audio' ? 8000 : 8;
    return { features: sampleSignal(input.featureCount, loudness) };
  }
  const { width, height } = input;
  return { data: samplePixels(width, height), width, height, channels: 3 };
}

/** Two tones and some noise. */
function sampleSignal(count: number, loudness: number): Float32Array {
  const noise = makeNoise();
  return Float32Array.from(
    { length: count },
    (_, i) => loudness * (0.6 * Math.sin(i / 7) + 0.3 * Math.sin(i / 43) + 0.1 * (noise() - 0.5)),
  );
}

/** Soft shapes of all colours with some grain: nothing that compresses to one value, and no even noise either. */
function samplePixels(width: number, height: number): Uint8Array {
  const noise = makeNoise();
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const wave = Math.sin((x * 9) / width + channel * 2) * Math.cos((y * 7) / height - channel);
        pixels[at++] = 128 + 90 * wave + 24 * noise();
      }
    }
  }
  return pixels;
}

/** Numbers from 0 to 1, the same every time: a linear congruential generator (Numerical Recipes' constants). */
function makeNoise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
