/** Memory of outputs that nobody looks at any more, to be written again. */
import type { TensorInfo } from '../../tensor.js';
import { bytesPerElement, elementCount } from '../../tensor.js';

/** One buffer for each output of a model; empty for one whose size only a run tells. */
export type OutputBuffers = readonly ArrayBuffer[];

/** A burst of overlapping runs should not keep its memory for ever. */
const MOST = 3;

export interface SpareOutputs {
  /** What the buffers hold is of no meaning. */
  take(): OutputBuffers;
  /** Buffers that have other sizes are passed over. */
  give(buffers: OutputBuffers): void;
}

export function makeSpareOutputs(outputs: readonly TensorInfo[]): SpareOutputs {
  const sizes = outputs.map(({ shape, dataType }) =>
    Math.max(0, elementCount(shape) * bytesPerElement(dataType)),
  );
  const spare: OutputBuffers[] = [];
  return {
    take: () => spare.pop() ?? sizes.map((bytes) => new ArrayBuffer(bytes)),
    give(buffers) {
      const fit =
        buffers.length === sizes.length && buffers.every(({ byteLength }, i) => byteLength === sizes[i]);
      if (fit && spare.length < MOST) spare.push(buffers);
    },
  };
}
