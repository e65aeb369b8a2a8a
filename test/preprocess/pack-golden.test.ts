import { describe, expect, it } from 'vitest';
import { imageFeatures, pixelsFromFeatures } from '../../src/preprocess/features.js';
import { makePacking } from '../../src/preprocess/make-packing.js';
import { packedElements, packPixels } from '../../src/preprocess/pack-pixels.js';
import { packPixelsPortable } from '../../src/preprocess/pack-pixels-portable.js';
import { preprocessImage } from '../../src/preprocess/preprocess-image.js';
import {
  arrayOf,
  bytesOf,
  difference,
  type ElementRule,
  type GoldenArray,
  goldenCases,
  type ImageBlockCase,
  type PipelineCase,
} from './golden.js';

const BLOCK_CASES = goldenCases<ImageBlockCase>('image-block');

/** Not here but in frame-format.test.ts: colour conversion of YUV cameras. */
function leftOut({ op }: ImageBlockCase): boolean {
  return op === 'yuv422';
}

describe('scaling and quantising equal the reference (cpp-sdk)', () => {
  it.each(BLOCK_CASES.filter((testCase) => !leftOut(testCase)))('$name', (testCase) => {
    const { width, height, features } = testCase.input;
    const packed = new Float32Array(new Uint32Array(bytesOf(features).buffer));
    const pixels = pixelsFromFeatures(packed, width, height);
    expect(imageFeatures(pixels)).toEqual(packed);
    const packing = makePacking({ width, height, layout: 'NHWC', ...elementRule(testCase) });
    expectElements(packPixelsPortable(pixels, packing, packedElements(packing)), testCase.expected);
    // With the native kernel where there is one; in native-pack.test.ts it meets many more.
    expectElements(packPixels(pixels, packing), testCase.expected);
  });
});

describe('the whole way from a picture equals the reference (node-sdk + cpp-sdk)', () => {
  it.each(goldenCases<PipelineCase>('pipeline'))('$name', async (testCase) => {
    const { width, height, channels, data } = testCase.input;
    const {
      pixels,
      data: elements,
      ...result
    } = await preprocessImage(
      { data: bytesOf(data), width, height, channels },
      {
        width: testCase.targetWidth,
        height: testCase.targetHeight,
        resizeMode: testCase.mode,
        ...elementRule(testCase),
      },
    );
    expect(new Uint32Array(imageFeatures(pixels))).toEqual(
      new Uint32Array(bytesOf(testCase.expected.features).buffer),
    );
    expectElements(elements, testCase.expected.tensor);
    expect(result.shape).toEqual([1, testCase.targetHeight, testCase.targetWidth, 3]);
    expect(result.dataType).toBe(testCase.quantization?.dtype ?? 'float32');
  });
});

function elementRule({ channels, scaling, quantization }: ElementRule) {
  const tensor = quantization === undefined ? {} : { quantization };
  return {
    channels,
    scaling,
    tensor: { dataType: quantization?.dtype ?? 'float32', ...tensor },
    ...(quantization !== undefined && { quantizePath: quantization.path }),
  } as const;
}

/** Exactly: the vectors allow 1e-6 for floats, but in float32 throughout every bit can be right. */
function expectElements(actual: ArrayLike<number>, golden: GoldenArray): void {
  const expected = arrayOf(golden);
  expect(actual.constructor).toBe(expected.constructor);
  expect(difference(actual, expected)).toEqual({ largest: 0, mean: 0, at: -1 });
}
