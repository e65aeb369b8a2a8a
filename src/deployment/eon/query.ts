/** Questions to the declarations of EON code. */
import type { EonSource, EonValue, EonVariable } from './declarations.js';
import { damaged, irregular } from './eon-error.js';
import type { NumberList } from './number-lists.js';
import { countNumbers, fillNumbers } from './number-lists.js';

/** A variable as a name within a namespace finds it: there first, then outside. */
export function variableNamed(source: EonSource, name: string, scope = ''): EonVariable | undefined {
  return source.variables.get(scope + name) ?? source.variables.get(name);
}

/** @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: none of these is declared */
export function requireVariable(source: EonSource, ...names: readonly string[]): EonVariable {
  const variable = names.map((name) => source.variables.get(name)).find((found) => found !== undefined);
  if (variable !== undefined) return variable;
  throw irregular(source.name, `it does not declare ${names.join(' or ')}`);
}

/** The items of a brace list that is no list of numbers. */
export function listItems(source: EonSource, { name, value }: EonVariable): readonly EonValue[] {
  if (value.kind === 'list') return value.items;
  throw irregular(source.name, `${name} is no list`);
}

/** `{ 0, 27, }`, whole numbers of 32 bits. */
export function wholeNumbers(source: EonSource, { name, value }: EonVariable): number[] {
  if (value.kind === 'list' && value.items.length === 0) return [];
  if (value.kind !== 'numbers') throw irregular(source.name, `${name} is no list of numbers`);
  return [...fillNumbers(source, value.list, new Int32Array(countNumbers(source, value.list)), name)];
}

/** `const TfArray<4, int> x = { 4, { 1, 96, 96, 1 } };` or, for an empty one, `const int x = 0;` */
export function intArray(source: EonSource, variable: EonVariable): number[] {
  const elements = elementsOf(source, variable);
  return elements === undefined
    ? []
    : [...fillNumbers(source, elements.list, new Int32Array(elements.count), variable.name)];
}

/** The same of floats. */
export function floatArray(source: EonSource, variable: EonVariable): Float32Array {
  const elements = elementsOf(source, variable);
  return elements === undefined
    ? new Float32Array(0)
    : fillNumbers(source, elements.list, new Float32Array(elements.count), variable.name);
}

/** Undefined for an empty array. */
function elementsOf(
  source: EonSource,
  { name, value }: EonVariable,
): { list: NumberList; count: number } | undefined {
  if (value.kind === 'number' && value.value === 0) return undefined;
  const [count, elements] = value.kind === 'list' ? value.items : [];
  if (count?.kind === 'number' && count.value === 0) return undefined;
  if (count?.kind !== 'number' || elements?.kind !== 'numbers')
    throw irregular(source.name, `${name} is no array with its length`);
  const found = countNumbers(source, elements.list);
  if (count.value === found) return { list: elements.list, count: found };
  throw damaged(source.name, `${name} holds ${found} numbers where ${count.value} belong`);
}
