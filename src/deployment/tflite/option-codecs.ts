/** How single fields of option tables are written and read. */
import type { Builder } from 'flatbuffers';
import { type DataType, isDataType } from '../../tensor.js';
import type { FlatTable } from './flatbuffer.js';
import { TENSOR_TYPES } from './schema.js';

export const PADDINGS = ['same', 'valid'] as const;
export type Padding = (typeof PADDINGS)[number];

export const ACTIVATIONS = ['none', 'relu', 'relu-n1-to-1', 'relu6', 'tanh', 'sign-bit'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export const MIRROR_MODES = ['reflect', 'symmetric'] as const;
export type MirrorMode = (typeof MIRROR_MODES)[number];

/**
 * One field of an option table. `Optional` fields may be left out by whoever writes; both then mean `absent`.
 * Vectors are written before their table, so `prepare` gives what `write` puts into it.
 */
export interface Field<Value, Optional extends boolean = boolean> {
  readonly id: number;
  readonly absent: Value;
  readonly optional: Optional;
  prepare(builder: Builder, value: Value): number;
  write(builder: Builder, id: number, prepared: number): void;
  read(table: FlatTable, id: number, absent: Value): Value;
}

type Codec<Value> = Pick<Field<Value>, 'prepare' | 'write' | 'read'>;

const INT: Codec<number> = {
  prepare: (_, value) => value,
  write: (builder, id, value) => builder.addFieldInt32(id, value, null),
  read: (table, id, absent) => table.int32(id, absent),
};

const FLOAT: Codec<number> = {
  prepare: (_, value) => value,
  write: (builder, id, value) => builder.addFieldFloat32(id, value, null),
  read: (table, id, absent) => table.float32(id, absent),
};

const BOOL: Codec<boolean> = {
  prepare: (_, value) => Number(value),
  write: (builder, id, value) => builder.addFieldInt8(id, value, null),
  read: (table, id, absent) => table.bool(id, absent),
};

const INTS: Codec<readonly number[]> = {
  prepare: (builder, value) => int32Vector(builder, value),
  write: (builder, id, offset) => builder.addFieldOffset(id, offset, 0),
  read: (table, id) => table.int32s(id),
};

function named<Name extends string>(names: readonly Name[]): Codec<Name> {
  return {
    prepare: (_, value) => names.indexOf(value),
    write: (builder, id, value) => builder.addFieldInt8(id, value, null),
    read: (table, id, absent) => names[table.int8(id, names.indexOf(absent))] ?? absent,
  };
}

const PADDING = named(PADDINGS);
const ACTIVATION = named(ACTIVATIONS);
const MIRROR_MODE = named(MIRROR_MODES);
const DATA_TYPE: Codec<DataType> = {
  ...named<string>(TENSOR_TYPES),
  read: (table, id, absent) => {
    const type = TENSOR_TYPES[table.int8(id, TENSOR_TYPES.indexOf(absent))];
    return type !== undefined && isDataType(type) ? type : absent;
  },
};

export const int = (id: number): Field<number, false> => ({ ...INT, id, absent: 0, optional: false });
export const intOr = (id: number, absent: number): Field<number, true> => ({
  ...INT,
  id,
  absent,
  optional: true,
});
export const float = (id: number): Field<number, false> => ({ ...FLOAT, id, absent: 0, optional: false });
export const floatOr = (id: number, absent: number): Field<number, true> => ({
  ...FLOAT,
  id,
  absent,
  optional: true,
});
export const boolOr = (id: number, absent: boolean): Field<boolean, true> => ({
  ...BOOL,
  id,
  absent,
  optional: true,
});
export const intsOr = (id: number, absent: readonly number[]): Field<readonly number[], true> => ({
  ...INTS,
  id,
  absent,
  optional: true,
});
export const padding = (id: number): Field<Padding, false> => ({
  ...PADDING,
  id,
  absent: 'same',
  optional: false,
});
export const activation = (id: number): Field<Activation, true> => ({
  ...ACTIVATION,
  id,
  absent: 'none',
  optional: true,
});
export const mirrorMode = (id: number): Field<MirrorMode, false> => ({
  ...MIRROR_MODE,
  id,
  absent: 'reflect',
  optional: false,
});
export const dataType = (id: number): Field<DataType, false> => ({
  ...DATA_TYPE,
  id,
  absent: 'float32',
  optional: false,
});

export function int32Vector(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}
