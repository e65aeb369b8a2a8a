/** A TFLite model as plain data. */
import type { DataType, TensorInfo } from '../../tensor.js';
import type { FlatTable } from './flatbuffer.js';
import type { BuiltinOperator } from './operators.js';
import type { OptionTable, OptionTable2 } from './option-tables.js';
import type { ForeignDataType } from './schema.js';

export interface TfliteModel {
  /** Schema version, always 3. */
  readonly version: number;
  readonly description: string;
  readonly operatorCodes: readonly TfliteOperatorCode[];
  /** At least one; the first is the model, others are bodies of IF, WHILE and the like. */
  readonly subgraphs: readonly TfliteSubgraph[];
  /** Views of the file's bytes, not copies; empty for tensors without constant data. */
  readonly buffers: readonly Uint8Array[];
  readonly metadata: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Inputs of the first subgraph, in order. */
  readonly inputs: readonly TensorInfo[];
  /**
   * Outputs of the first subgraph, in order. The shape of an output that only a run decides is `[]` in many
   * files (those of `TFLite_Detection_PostProcess`, for instance): trust an engine's shapes over these.
   */
  readonly outputs: readonly TensorInfo[];
}

export interface TfliteOperatorCode {
  /** `CUSTOM` for custom operators; `UNKNOWN_<code>` for codes newer than our table. */
  readonly name: BuiltinOperator | `UNKNOWN_${number}`;
  readonly builtinCode: number;
  readonly version: number;
  /** Name of a custom operator. */
  readonly customCode?: string;
}

export interface TfliteSubgraph {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** In the order of execution. */
  readonly operators: readonly TfliteOperator[];
}

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The shape with -1 for each dimension that may change. */
  readonly shapeSignature?: readonly number[];
  readonly dataType: DataType | ForeignDataType;
  /** Index of a buffer; that buffer is empty for tensors that are computed. */
  readonly buffer: number;
  readonly quantization?: TfliteQuantization;
  readonly isVariable: boolean;
}

/** real = (q - zeroPoint) * scale, for the whole tensor or for each slice of one dimension. */
export interface TfliteQuantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  /** As stated: some old files name a dimension that the tensor does not have. */
  readonly quantizedDimension: number;
}

export interface TfliteOperator {
  /** Index into `operatorCodes`. */
  readonly opcodeIndex: number;
  /** Indices of tensors; -1 for an optional one left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: TfliteOptions;
  /** Options of a custom operator, in its own format (FlexBuffers as a rule). */
  readonly customOptions?: Uint8Array;
}

/** The options of an operator: which table they are, and access to its fields by number. */
export interface TfliteOptions {
  readonly type: OptionTable | OptionTable2 | `Unknown${number}`;
  readonly table: FlatTable;
}
