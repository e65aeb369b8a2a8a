/** One impulse in the headers of a library, and the facts stated about it. */
import { DeploymentError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import { fieldsOfValue, numberDefine, numberOf, stringDefine, stringOf } from '../headers/query.js';
import type { Headers } from '../headers/read-headers.js';
import type { HeaderValue } from '../headers/values.js';

export interface ImpulseSource {
  readonly headers: Headers;
  /** Name of its variable, `impulse_534837_0`; undefined in headers from before 2022, which have one impulse and no struct for it. */
  readonly variable?: string;
  /** The struct's fields; empty without one. */
  readonly fields: Fields;
}

/** All impulses that the headers declare; hand-merged projects have several. */
export function impulsesIn(headers: Headers): ImpulseSource[] {
  const structs = [...headers.variables.values()].flatMap(({ name, type, value }): ImpulseSource[] => {
    // `const ei_impulse_t ei_default_impulse = impulse_1_2;` is another name for one of them.
    if (type !== 'ei_impulse_t' || value.kind !== 'record') return [];
    return [{ headers, variable: name, fields: value.fields }];
  });
  return structs.length > 0 ? structs : [{ headers, fields: new Map() }];
}

/** What the impulse's struct says, else what the define of that name stands for. */
export function factValue(
  { headers, fields }: ImpulseSource,
  field: string,
  define: string,
): HeaderValue | undefined {
  const stated = fields.get(field);
  return stated ?? (headers.macros.has(define) ? { kind: 'name', name: define } : undefined);
}

/** A number of the impulse: of its struct, else of the define by that name. */
export function numberFact(
  { headers, fields }: ImpulseSource,
  field: string,
  define?: string,
): number | undefined {
  return (
    numberOf(headers, fields.get(field)) ?? (define === undefined ? undefined : numberDefine(headers, define))
  );
}

export function stringFact(
  { headers, fields }: ImpulseSource,
  field: string,
  define?: string,
): string | undefined {
  return (
    stringOf(headers, fields.get(field)) ?? (define === undefined ? undefined : stringDefine(headers, define))
  );
}

/** @throws {DeploymentError} `ERR_METADATA_MISSING` */
export function requiredNumber(source: ImpulseSource, field: string, define: string): number {
  const value = numberFact(source, field, define);
  if (value !== undefined) return value;
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    `The headers do not say ${define} (nor '${field}' of the impulse). Download the deployment again.`,
  );
}

/** The fields of the struct that a value is or names. */
export function structOf(
  source: ImpulseSource,
  value: Parameters<typeof fieldsOfValue>[1],
  what: string,
  fieldNames?: readonly string[],
): Fields {
  const fields = fieldsOfValue(source.headers, value, fieldNames);
  if (fields !== undefined) return fields;
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `The headers name ${what}, but do not declare it readably.`,
  );
}

/** For messages and for choosing among several: project, impulse and variable names. */
export function namesOf(source: ImpulseSource): string[] {
  const names = [
    source.variable,
    stringFact(source, 'impulse_name'),
    stringFact(source, 'project_name', 'EI_CLASSIFIER_PROJECT_NAME'),
    numberFact(source, 'project_id', 'EI_CLASSIFIER_PROJECT_ID')?.toString(),
  ];
  return names.filter((name) => name !== undefined);
}

/** Before 2023 the id of a block stands only in the name of its configuration: `ei_dsp_config_3`. */
export function idInName(name: string): number | undefined {
  const digits = /_(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
