/** The fields of `struct { ... }`, in order. */
import type { Preprocessor } from './preprocessor.js';
import type { Token } from './tokens.js';
import { isMark } from './tokens.js';
import type { StructField } from './values.js';

/** Reads up to the brace that closes the struct. Function pointers count; bit fields without a name do not. */
export function fieldsOf(tokens: Preprocessor, brace: Token): StructField[] {
  const fields: StructField[] = [];
  let field: Token[] = [];
  let depth = 0;
  for (;;) {
    const token = tokens.next();
    if (token === undefined) throw tokens.fail(brace.at, 'this struct is never closed');
    const mark = token.kind === 'punctuation' ? token.text : '';
    if (mark === '{') depth++;
    else if (mark === '}' && depth-- === 0) return fields;
    else if (mark === ';' && depth === 0) {
      const read = fieldOf(field);
      if (read !== undefined) fields.push(read);
      field = [];
    } else if (depth === 0) field.push(token);
  }
}

function fieldOf(tokens: readonly Token[]): StructField | undefined {
  const pointer = tokens.findIndex((token, index) => isMark(token, '(') && isMark(tokens[index + 1], '*'));
  if (pointer !== -1) {
    const name = tokens[pointer + 2];
    return name?.kind === 'identifier' ? { name: name.text, type: 'function' } : undefined;
  }
  const end = tokens.findIndex((token) => isMark(token, '[') || isMark(token, '='));
  const words = (end === -1 ? tokens : tokens.slice(0, end)).filter(({ kind }) => kind === 'identifier');
  const name = words.at(-1)?.text;
  const type = words.at(-2)?.text;
  return name === undefined || type === undefined ? undefined : { name, type };
}
