/** `--explain`: everything that was done to one picture, as data. */
import { createHash } from 'node:crypto';
import type { ImageInput, ImageInputScaling } from '../deployment/impulse.js';
import type { Classification, ClassifyImageResponse, DeploymentInfo, ImageSource, Tensor } from '../index.js';
import { imageFeatures } from '../preprocess/features.js';
import { formatFeatures } from '../preprocess/features-text.js';
import type { ImageFacts } from '../preprocess/image-facts.js';
import { imageFacts } from '../preprocess/image-facts.js';
import type { Placement } from '../preprocess/placement.js';
import { placementOf, seenPart } from '../preprocess/placement.js';
import type { Rect, Resampler } from '../preprocess/resample/plan.js';
import { resizeImage } from '../preprocess/resize-image.js';
import type { PictureOptions } from '../runtime/prepare.js';
import type { Subject } from './subject.js';

export type Explanation = Subject & {
  readonly format: DeploymentInfo['format'];
  readonly project: DeploymentInfo['project'];
  readonly engines: readonly string[];
  readonly source: ImageFacts;
  /** Whether the EXIF orientation was followed. */
  readonly orientation: 'exif' | 'ignore';
  readonly resize: ResizeFacts;
  readonly channels: ImageInput['channels'];
  /** Empty where the deployment runs as a whole, and its tensors can't be seen. */
  readonly blocks: readonly BlockFacts[];
  readonly response: ClassifyImageResponse;
};

export interface ResizeFacts extends Placement {
  readonly mode: ImageInput['resizeMode'];
  readonly cropAnchor?: ImageInput['cropAnchor'];
  readonly resampler: Resampler;
  /** Pixels of the picture, turned if its orientation was followed. */
  readonly from: Size;
  /** Pixels of the model input. */
  readonly to: Size;
  /** False where the pixels were taken as they are. */
  readonly resampled: boolean;
  /** Pixels of the picture for one of the model input, on each axis. */
  readonly factor: { readonly x: number; readonly y: number };
  /** The part of the picture that the model saw, in its pixels. */
  readonly seen: Rect;
  /** Raw features of the first pixels, as the studio shows them. */
  readonly firstFeatures: string;
  /** Of the R G B bytes, which the PNG beside this file shows. */
  readonly sha256: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface BlockFacts {
  readonly id: number;
  readonly name: string;
  readonly scaling: ImageInputScaling;
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
}

export interface TensorFacts extends Omit<Tensor, 'data'> {
  readonly elements: number;
  /** Of the elements' bytes, little-endian, in the order of `shape`. */
  readonly sha256: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly first: readonly number[];
}

/** Elements that are shown. */
const FIRST = 12;

export interface Explained {
  readonly explanation: Explanation;
  /** What the model saw: width x height x 3 bytes, R G B interleaved. */
  readonly pixels: Uint8Array;
}

/**
 * @param classification of this picture, with its tensors where there are any
 * @throws as `resizeImage()`
 */
export async function explainPicture(
  subject: Subject,
  source: ImageSource,
  classification: Classification,
  info: DeploymentInfo & { readonly input: ImageInput },
  options: PictureOptions,
): Promise<Explained> {
  const { input, format, project, learnBlocks } = info;
  const { pixels, geometry } = await resizeImage(source, { ...input, ...options });
  const placement = placementOf(geometry, resamplerOf(input));
  const { crop, place } = placement;
  const explanation: Explanation = {
    ...subject,
    format,
    project,
    engines: classification.engines,
    source: await imageFacts(source, options.limits),
    orientation: options.orientation ?? 'ignore',
    resize: {
      mode: geometry.mode,
      ...(geometry.cropAnchor !== undefined && { cropAnchor: geometry.cropAnchor }),
      resampler: resamplerOf(input),
      from: { width: geometry.originalWidth, height: geometry.originalHeight },
      to: { width: geometry.inputWidth, height: geometry.inputHeight },
      resampled: crop.width !== place.width || crop.height !== place.height,
      factor: { x: crop.width / place.width, y: crop.height / place.height },
      crop,
      place,
      seen: seenPart(placement, geometry),
      firstFeatures: formatFeatures(imageFeatures(pixels.subarray(0, FIRST * 3))),
      sha256: sha256(pixels),
    },
    channels: input.channels,
    blocks: (classification.tensors ?? []).map(({ blockId, inputs, outputs }) => {
      const found = learnBlocks.find(({ block }) => block.id === blockId)?.block;
      return {
        id: blockId,
        name: found?.name ?? '',
        scaling: found?.inputScaling ?? '0..1',
        inputs: inputs.map(tensorFacts),
        outputs: outputs.map(tensorFacts),
      };
    }),
    response: classification.response,
  };
  return { explanation, pixels };
}

/** `vips` unless the input names another. */
function resamplerOf(input: ImageInput): Resampler {
  return input.resampler ?? 'vips';
}

function tensorFacts({ data, ...tensor }: Tensor): TensorFacts {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const element of data) {
    const value = Number(element);
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return {
    ...tensor,
    elements: data.length,
    sha256: sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    min,
    max,
    mean: sum / data.length,
    first: Array.from(data.slice(0, FIRST), Number),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
