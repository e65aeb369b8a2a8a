/** What we use of TensorFlow.js. Its own types are not at hand: the package is the user's. */

/** `@tensorflow/tfjs`; `node` is there in `@tensorflow/tfjs-node` alone. */
export interface Tfjs {
  readonly tensor: (data: TfData, shape: readonly number[], dtype: string) => TfTensor;
  readonly loadGraphModel: (source: TfSource) => Promise<TfGraphModel>;
  readonly loadLayersModel: (source: TfSource) => Promise<TfLayersModel>;
  readonly enableProdMode: () => void;
  readonly setBackend: (name: string) => Promise<boolean>;
  readonly node?: {
    readonly loadSavedModel: (path: string, tags: string[], signature: string) => Promise<TfSavedModel>;
  };
}

export type TfData = Float32Array | Int32Array | Uint8Array;

export interface TfTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  data(): Promise<TfData | readonly string[]>;
  dispose(): void;
}

/** Gives a model's parts from memory. */
export interface TfSource {
  load(): Promise<object>;
}

export interface TfTensorInfo {
  readonly name: string;
  readonly shape?: readonly (number | null)[];
  readonly dtype: string;
}

export interface TfGraphModel {
  readonly inputs: readonly TfTensorInfo[];
  readonly outputs: readonly TfTensorInfo[];
  /** Without operators whose results are sized by values, such as non-maximum suppression. */
  execute(inputs: TfNamed): TfTensor | TfTensor[];
  executeAsync(inputs: TfNamed): Promise<TfTensor | TfTensor[]>;
  dispose(): void;
}

export interface TfLayersModel {
  readonly inputs: readonly TfTensorInfo[];
  readonly outputs: readonly TfTensorInfo[];
  predictOnBatch(inputs: TfTensor | TfTensor[]): TfTensor | TfTensor[];
  dispose(): void;
}

export interface TfSavedModel {
  predict(inputs: TfNamed): TfNamed;
  dispose(): void;
}

export type TfNamed = Record<string, TfTensor>;
