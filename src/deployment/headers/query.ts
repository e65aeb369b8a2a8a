/** Questions to headers: what a define, a variable or a value stands for. Names are followed. */
import { evaluate } from './expressions.js';
import { expand } from './macros.js';
import type { Headers } from './read-headers.js';
import type { Token } from './tokens.js';
import type { HeaderValue, Variable } from './values.js';

/** Variables that stand for other variables, at most. */
const MAX_ALIASES = 16;

/** Constants that share a prefix, and what they stand for. */
export interface Enumeration<T> {
  readonly prefix: string;
  readonly byName: ReadonlyMap<string, T>;
  readonly byNumber: ReadonlyMap<number, T>;
}

/** Fields by name. */
export type Fields = ReadonlyMap<string, HeaderValue>;

export function numberDefine(headers: Headers, name: string): number | undefined {
  const macro = headers.macros.get(name);
  return macro === undefined || macro.hasParameters ? undefined : evaluateTokens(headers, macro.tokens);
}

export function stringDefine(headers: Headers, name: string): string | undefined {
  const macro = headers.macros.get(name);
  if (macro === undefined || macro.hasParameters) return undefined;
  const tokens = expand(macro.tokens, headers.macros, headers.work);
  if (tokens.length === 0 || !tokens.every(({ kind }) => kind === 'string')) return undefined;
  return tokens.map(({ text }) => text).join('');
}

/** A constant, or the name of one. */
export function numberOf(headers: Headers, value: HeaderValue | undefined): number | undefined {
  const followed = follow(headers, value);
  if (followed?.kind === 'number') return followed.value;
  return followed?.kind === 'name' ? numberDefine(headers, followed.name) : undefined;
}

export function stringOf(headers: Headers, value: HeaderValue | undefined): string | undefined {
  const followed = follow(headers, value);
  if (followed?.kind === 'string') return followed.text;
  return followed?.kind === 'name' ? stringDefine(headers, followed.name) : undefined;
}

/** What an enumeration's constant stands for: by its name, through defines if need be, else by its number. */
export function enumOf<T>(
  headers: Headers,
  value: HeaderValue | undefined,
  { prefix, byName, byNumber }: Enumeration<T>,
): T | undefined {
  let name = nameIn(value);
  for (let i = 0; name !== undefined && i < MAX_ALIASES; i++) {
    const constant = name.startsWith(prefix) ? byName.get(name.slice(prefix.length)) : undefined;
    if (constant !== undefined) return constant;
    const [only, second] = headers.macros.get(name)?.tokens ?? [];
    name = only?.kind === 'identifier' && second === undefined ? only.text : undefined;
  }
  const number = numberOf(headers, value);
  return number === undefined ? undefined : byNumber.get(number);
}

/** The elements of a brace list, or of the array that a name stands for. */
export function listOf(headers: Headers, value: HeaderValue | undefined): readonly HeaderValue[] | undefined {
  const followed = follow(headers, value);
  return followed?.kind === 'list' ? followed.items : undefined;
}

/** All elements as numbers; undefined if one is none. */
export function numbersOf(headers: Headers, value: HeaderValue | undefined): number[] | undefined {
  const numbers = listOf(headers, value)?.map((item) => numberOf(headers, item));
  return numbers?.every((number) => number !== undefined) ? numbers : undefined;
}

/**
 * Fields of a struct value, or of the variable that a name stands for: designated ones as they are,
 * positional ones by the struct's own list of fields (`fieldNames`, else that of the variable's type).
 */
export function fieldsOfValue(
  headers: Headers,
  value: HeaderValue | undefined,
  fieldNames?: readonly string[],
): Fields | undefined {
  const variable = variableOf(headers, value);
  const followed = follow(headers, value);
  if (followed?.kind === 'record') return followed.fields;
  if (followed?.kind !== 'list') return undefined;
  const names = fieldNames ?? headers.structs.get(variable?.type ?? '')?.map(({ name }) => name);
  if (names === undefined) return undefined;
  return new Map(followed.items.flatMap((item, index) => toPair(names[index], item)));
}

/** The name in `name`, `&name`; of a function, most often. */
export function nameIn(value: HeaderValue | undefined): string | undefined {
  return value?.kind === 'name' ? value.name : undefined;
}

/** The variable that a name stands for in the end, after aliases: `const x_t y = x;`. */
export function variableOf(headers: Headers, value: HeaderValue | undefined): Variable | undefined {
  let variable: Variable | undefined;
  let next = nameIn(value);
  for (let i = 0; next !== undefined && i < MAX_ALIASES; i++) {
    variable = headers.variables.get(next) ?? variable;
    next = nameIn(headers.variables.get(next)?.value);
  }
  return variable;
}

function follow(headers: Headers, value: HeaderValue | undefined): HeaderValue | undefined {
  return variableOf(headers, value)?.value ?? value;
}

function evaluateTokens(headers: Headers, tokens: readonly Token[]): number | undefined {
  headers.work.step(tokens.length);
  return evaluate(expand(tokens, headers.macros, headers.work), (name) => {
    const value = headers.variables.get(name)?.value;
    return value?.kind === 'number' ? value.value : undefined;
  });
}

function toPair(name: string | undefined, item: HeaderValue): [string, HeaderValue][] {
  return name === undefined ? [] : [[name, item]];
}
