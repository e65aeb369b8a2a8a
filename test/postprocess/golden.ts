/** Golden vectors of the reference SDK (`test/golden/decoders`), as learn blocks and tensors. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ObjectDetectionBlock, ObjectDetectionLastLayer } from '../../src/deployment/impulse.js';
import type { DataType, Tensor } from '../../src/tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../src/tensor.js';
import { detectionBlock } from './blocks.js';

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dataType: DataType;
  readonly data: readonly number[] | string;
  readonly encoding?: 'base64';
  readonly scale?: number;
  readonly zeroPoint?: number;
}

export interface GoldenBox {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly value: number;
}

export interface GoldenCase {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly inputWidth: number;
  readonly inputHeight: number;
  readonly labels: readonly string[];
  readonly threshold?: number;
  readonly thresholds?: Readonly<Record<string, number>>;
  readonly nms?: { readonly iou: number; readonly confidence: number };
  readonly outputOrder?: readonly string[];
  readonly gridSizeX?: number;
  readonly gridSizeY?: number;
  readonly config?: {
    readonly axes: readonly number[];
    readonly mean: readonly number[];
    readonly scale: readonly number[];
    readonly clusters: readonly { readonly centroid: readonly number[]; readonly maxError: number }[];
  };
  readonly features?: GoldenTensor;
  readonly outputs: readonly GoldenTensor[];
  readonly expected: {
    readonly boundingBoxes?: readonly GoldenBox[];
    readonly classification?: readonly { readonly label: string; readonly value: number }[];
    readonly anomaly?: number;
    readonly visualAnomaly?: {
      readonly mean: number;
      readonly max: number;
      readonly cells: readonly GoldenBox[];
    };
    readonly freeform?: readonly (readonly number[])[];
  };
}

export function goldenCases(name: string): readonly GoldenCase[] {
  const path = fileURLToPath(new URL(`../golden/decoders/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')).cases;
}

export function goldenTensors({ outputs }: GoldenCase): Tensor[] {
  return outputs.map((output, index) => goldenTensor(output, `output_${index}`));
}

export function goldenTensor(golden: GoldenTensor, name: string): Tensor {
  const { shape, dataType, scale, zeroPoint } = golden;
  return {
    name,
    shape,
    dataType,
    data: goldenData(golden),
    ...(scale !== undefined && zeroPoint !== undefined && { quantization: { scale, zeroPoint } }),
  };
}

export function goldenBlock(lastLayer: ObjectDetectionLastLayer, golden: GoldenCase): ObjectDetectionBlock {
  return detectionBlock(lastLayer, {
    labels: golden.labels,
    thresholds: golden.thresholds ?? { min_score: golden.threshold ?? Number.NaN },
    ...(golden.nms !== undefined && { nms: golden.nms }),
  });
}

export function goldenInput({ inputWidth, inputHeight }: GoldenCase): { width: number; height: number } {
  return { width: inputWidth, height: inputHeight };
}

function goldenData({ shape, dataType, data, encoding }: GoldenTensor): Tensor['data'] {
  const count = elementCount(shape);
  if (typeof data === 'string' && encoding === 'base64') {
    const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
    return tensorData(dataType, bytes.buffer);
  }
  const array = tensorData(dataType, new ArrayBuffer(count * bytesPerElement(dataType)));
  if (array instanceof BigInt64Array || typeof data === 'string') throw new Error('unexpected golden data');
  array.set(data);
  return array;
}
