/** Checks what a caller gives a session, and copies it to where the session's worker reads it. */
import { InputError } from '../../errors.js';
import { describe } from '../../options.js';
import type { DataType, TensorData, TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import type { PixelInput, SessionInput } from '../session.js';
import type { SlotInput } from './worker-protocol.js';

/** The array class that holds each element type. */
const ARRAY_NAMES: Record<DataType, string> = {
  float32: 'Float32Array',
  float16: 'Uint16Array',
  int8: 'Int8Array',
  uint8: 'Uint8Array',
  int16: 'Int16Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  bool: 'Uint8Array',
};

/**
 * Everything but the values, which are the worker's to look at.
 *
 * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_TYPE`
 */
export function checkInputs(values: readonly SessionInput[], inputs: readonly TensorInfo[]): void {
  if (!Array.isArray(values)) {
    throw new InputError('ERR_INPUT_TYPE', `inputs: expected an array but received ${describe(values)}.`);
  }
  if (values.length !== inputs.length) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `The model has ${inputs.length} input${inputs.length === 1 ? '' : 's'} (${inputs.map(label).join(', ')}) but received ${values.length}.`,
    );
  }
  for (const [index, info] of inputs.entries()) checkInput(values[index], info);
}

/** Memory for the values of one session's inputs. It grows to the largest value seen and is then reused. */
export class InputSlots {
  readonly #slots: SharedArrayBuffer[] = [];

  /** Copies checked values in; what the caller holds is read, never kept. */
  write(values: readonly SessionInput[]): SlotInput[] {
    return values.map((value, index) => {
      if (!isPixelInput(value)) return { kind: 'elements', slot: this.#copy(index, value) };
      return { kind: 'pixels', slot: this.#copy(index, value.pixels), packing: value.packing };
    });
  }

  #copy(index: number, data: TensorData): SharedArrayBuffer {
    let slot = this.#slots[index];
    if (slot === undefined || slot.byteLength < data.byteLength) {
      slot = new SharedArrayBuffer(data.byteLength);
      this.#slots[index] = slot;
    }
    new Uint8Array(slot).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return slot;
  }
}

function checkInput(value: unknown, info: TensorInfo): void {
  if (isPixelInput(value)) checkPixels(value, info);
  else checkElements(value, info);
}

function checkElements(value: unknown, info: TensorInfo): void {
  const expected = ARRAY_NAMES[info.dataType];
  // The tag, not instanceof: arrays made in another realm (a vm context, a test runner) are as good.
  if (!ArrayBuffer.isView(value) || Reflect.get(value, Symbol.toStringTag) !== expected) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Input ${label(info)}: expected a ${expected} or { pixels, packing } but received ${describe(value)}.`,
    );
  }
  const count = elementCount(info.shape);
  const { length } = value as TensorData;
  if (length !== count) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Input ${label(info)}: expected ${count} elements but received ${length}.`,
    );
  }
}

function checkPixels({ pixels, packing }: PixelInput, info: TensorInfo): void {
  const { width, height, channels, dataType } = packing;
  const count = elementCount(info.shape);
  if (dataType !== info.dataType || width * height * channels !== count) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Input ${label(info)}: expected a packing of ${count} ${info.dataType} elements but received one of ` +
        `${width} x ${height} x ${channels} ${dataType} elements.`,
    );
  }
  if (!ArrayBuffer.isView(pixels) || Reflect.get(pixels, Symbol.toStringTag) !== 'Uint8Array') {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Input ${label(info)}: expected pixels as a Uint8Array but received ${describe(pixels)}.`,
    );
  }
  if (pixels.length !== width * height * 3) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Input ${label(info)}: expected ${width} x ${height} x 3 = ${width * height * 3} bytes of pixels (R G B) ` +
        `but received ${pixels.length}.`,
    );
  }
}

function isPixelInput(value: unknown): value is PixelInput {
  return typeof value === 'object' && value !== null && 'pixels' in value && 'packing' in value;
}

function label({ name, shape, dataType }: TensorInfo): string {
  return `'${name}' ${dataType} [${shape.join(', ')}]`;
}
