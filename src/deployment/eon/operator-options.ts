/** The options of one operator, from the C struct that EON writes. */
import type { BuiltinSpec, KnownOperator } from '../tflite/options.js';
import type { GraphTensor } from '../tflite/write.js';
import type { CField } from './c-structs.js';
import { C_STRUCTS } from './c-structs.js';
import type { EonSource, EonValue, EonVariable } from './declarations.js';
import { irregular, unsupportedOperator } from './eon-error.js';
import { countNumbers, fillNumbers, numbersIn } from './number-lists.js';

/** An operator whose options are asked for. */
export interface OperatorPlace {
  readonly type: KnownOperator;
  /** For messages: `operator 3 (MEAN)`. */
  readonly where: string;
  readonly inputs: readonly (GraphTensor | undefined)[];
  readonly outputs: readonly (GraphTensor | undefined)[];
}

/**
 * @param options the struct; undefined where the code has none
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_OPERATOR`: a value that models can't have; `ERR_UNSUPPORTED_ENGINE`
 */
export function operatorSpec(
  source: EonSource,
  place: OperatorPlace,
  options: EonVariable | undefined,
): BuiltinSpec {
  const fields = C_STRUCTS[place.type];
  const stated = fields === undefined ? {} : readStruct(source, place, fields, options);
  return { type: place.type, ...stated, ...derived(place, stated) } as BuiltinSpec;
}

type Values = Readonly<Record<string, unknown>>;

/** What the tensors say themselves. */
function derived({ type, inputs, outputs }: OperatorPlace, stated: Values): Values {
  const [inputType, outputType] = [inputs[0]?.dataType, outputs[0]?.dataType];
  switch (type) {
    case 'ADD':
    case 'SUB':
      // TFLite Micro has one kernel for all scales.
      return inputType === 'int16' ? { potScaleInt16: false } : {};
    case 'ARG_MAX':
    case 'ARG_MIN':
    case 'SHAPE':
      return { outputType };
    case 'CAST':
      return { inputType, outputType };
    case 'PACK':
      return { valuesCount: inputs.length };
    case 'RESHAPE':
      // Without a tensor that says it, the shape is the output's: EON has no shapes that change.
      return inputs.length === 1 ? { newShape: outputs[0]?.shape } : {};
    case 'SPLIT':
    case 'SPLIT_V':
      return { splits: outputs.length };
    case 'SQUEEZE': {
      const { squeezeDims, squeezeCount } = stated;
      return { squeezeDims: Array.isArray(squeezeDims) ? squeezeDims.slice(0, Number(squeezeCount)) : [] };
    }
    case 'UNPACK':
      return { count: outputs.length };
    default:
      return {};
  }
}

function readStruct(
  source: EonSource,
  { where }: OperatorPlace,
  fields: readonly CField[],
  options: EonVariable | undefined,
): Values {
  if (options === undefined) throw irregular(source.name, `${where} has no options`);
  const numbers =
    options.type === 'uint8_t'
      ? fromMemory(source, fields, options, where)
      : fromInitialiser(source, fields, options, where);
  const values: Record<string, unknown> = {};
  for (const [index, field] of fields.entries()) {
    const meanings = (numbers[index] ?? []).map(field.meaning);
    if (meanings.includes(undefined)) {
      const what = field.key ?? 'its weights format';
      throw unsupportedOperator(source.name, `${where} has ${numbers[index]} for ${what}`);
    }
    if (field.key !== undefined) values[field.key] = field.count === 1 ? meanings[0] : meanings;
  }
  return values;
}

/** Numbers of each field, from `{ kTfLitePaddingSame, 2, 2, ... }`. What is left out is zero, as in C. */
function fromInitialiser(
  source: EonSource,
  fields: readonly CField[],
  options: EonVariable,
  where: string,
): number[][] {
  const items = itemsOf(source, options);
  if (items.length === 0) throw irregular(source.name, `${where} has no options`);
  return fields.map((field, index) => {
    const item = items[index];
    if (item?.kind === 'numbers' && field.count > 1) {
      const numbers = numbersIn(source, item.list, options.name);
      return Array.from({ length: field.count }, (_, i) => numbers[i] ?? 0);
    }
    if (item === undefined) return new Array<number>(field.count).fill(0);
    const number = item.kind === 'name' ? field.named?.get(item.name) : undefined;
    if (item.kind === 'number' && field.count === 1) return [item.value];
    if (number !== undefined) return [number];
    const found = item.kind === 'name' ? item.name : `a ${item.kind}`;
    throw unsupportedOperator(source.name, `${where} has ${found} for option ${index} of ${options.type}`);
  });
}

function itemsOf(source: EonSource, { name, value }: EonVariable): readonly EonValue[] {
  if (value.kind === 'list') return value.items;
  if (value.kind !== 'numbers') return [];
  return numbersIn(source, value.list, name).map((number) => ({ kind: 'number', value: number }));
}

/** Numbers of each field, from the struct's bytes (little-endian, fields at multiples of their size). */
function fromMemory(
  source: EonSource,
  fields: readonly CField[],
  options: EonVariable,
  where: string,
): number[][] {
  const bytes = bytesOf(source, options);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return fields.map(({ size, count, float = false }, index) => {
    at = Math.ceil(at / size) * size;
    const first = at;
    at += size * count;
    if (at > bytes.length) {
      // A struct of another year may be shorter, but not by its first field.
      if (index > 0) return new Array<number>(count).fill(0);
      throw irregular(source.name, `${where} has options of ${bytes.length} bytes`);
    }
    return Array.from({ length: count }, (_, i) => {
      const place = first + i * size;
      if (size === 1) return view.getUint8(place);
      return float ? view.getFloat32(place, true) : view.getInt32(place, true);
    });
  });
}

/** The bytes of `const uint8_t opdata3[12] = { ... }`. */
export function bytesOf(source: EonSource, { name, value }: EonVariable): Uint8Array {
  if (value.kind !== 'numbers') return new Uint8Array(0);
  return fillNumbers(source, value.list, new Uint8Array(countNumbers(source, value.list)), name);
}
