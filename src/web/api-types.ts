/** What the API answers, as far as this page reads it. A test compares these shapes with the server's own. */
import type { ResizeGeometry } from '../deployment/impulse.js';

export type { ResizeGeometry };

export interface ModelName {
  /** What `/v1/models/{id}` takes. */
  readonly id: string;
  readonly name: string;
  readonly origin: 'served' | 'registered' | 'pretrained';
}

export interface ImageInput {
  readonly inputType: 'image';
  readonly width: number;
  readonly height: number;
  readonly channels: 'RGB' | 'Grayscale';
  readonly resizeMode: string;
}

export interface SignalInput {
  readonly inputType: 'time-series' | 'audio' | 'other';
  /** Numbers in one window: samples x axes. */
  readonly featureCount: number;
  readonly axes: readonly string[];
  /** 0 where the input has no time. */
  readonly frequencyHz: number;
}

export interface Block {
  readonly id: number;
  readonly name: string;
  readonly modelType:
    | 'classification'
    | 'regression'
    | 'object-detection'
    | 'freeform'
    | 'anomaly'
    | 'visual-anomaly';
  readonly labels?: readonly string[];
  readonly lastLayer?: string;
  /** Each that `?threshold=` takes, with the model's own value. */
  readonly thresholds?: Readonly<Record<string, number | string>>;
  readonly format?: string;
  readonly bytes?: number;
  readonly inputs?: readonly TensorFacts[];
  readonly outputs?: readonly TensorFacts[];
  readonly engine?: string;
  readonly threads?: number | undefined;
}

/** What is not the model's own, by the name that `?threshold=` takes: `key`, or `block.key`. */
export type ThresholdChoices = ReadonlyMap<string, number | string>;

export interface TensorFacts {
  readonly shape: readonly number[];
  readonly dataType: string;
}

export interface Model extends ModelName {
  readonly input: ImageInput | SignalInput;
  readonly project: { readonly id?: number; readonly owner?: string; readonly name?: string };
  readonly learnBlocks: readonly Block[];
  /** Of a program that runs the whole impulse. */
  readonly engine?: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FoundBox {
  readonly label: string;
  /** 0..1 */
  readonly score: number;
  /** Pixels of the picture as it was given. */
  readonly original: Rect;
}

export interface AnomalyGrid {
  /** `scores[row][column]` over the model's input. */
  readonly scores: readonly (readonly number[])[];
  readonly meanScore: number;
  readonly maxScore: number;
}

export interface ResponseTensor {
  readonly shape: readonly number[];
  readonly dataType: string;
  readonly data: readonly number[];
}

/** The hosted API's own answer. */
export interface Response {
  readonly success: boolean;
  readonly result?: Readonly<Record<string, number>>;
  readonly boundingBoxes?: readonly object[];
  readonly anomalyResult?: readonly AnomalyGrid[];
  readonly freeformResult?: { readonly outputTensors: readonly ResponseTensor[] };
}

export const STAGES = [
  'decode',
  'resize',
  'queue',
  'dsp',
  'tensor',
  'inference',
  'postprocess',
  'total',
] as const;

export type Timing = Readonly<Record<`${(typeof STAGES)[number]}Ms`, number>>;

export interface Answer {
  readonly response: Response;
  readonly boxes?: readonly FoundBox[];
  /** Of pictures. */
  readonly geometry?: ResizeGeometry;
  readonly timing: Timing;
  readonly engines: readonly string[];
}
