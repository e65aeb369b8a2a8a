/** Facts as JSON: typed arrays as lists, 64-bit integers as numbers where they fit and else as text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replacer, 2);
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return [...(value as Iterable<unknown>)];
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}
