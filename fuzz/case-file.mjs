/**
 * Cases as JSON files, so that they can be kept and replayed. A file that stands in `../shared` is never copied into one:
 * of it only the name is kept, and what was changed.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sharedFile } from './corpus.mjs';

/** A piece of a shared file that is not changed and shorter than this is not worth a line of its own. */
const SHORTEST_SAME = 16;

/**
 * @typedef {object} CaseFile
 * @property {string} target
 * @property {string} found what it did when it was found
 * @property {unknown} case
 */

/** @param {string} path */
export function readCase(path) {
  const { target, found, case: encoded } = JSON.parse(readFileSync(path, 'utf8'));
  return { name: basename(path), target, found, case: decode(encoded) };
}

/** @returns {string} text of a {@link CaseFile} */
export function writeCase(target, found, value) {
  return `${JSON.stringify({ target, found, case: encode(value) }, undefined, 1)}\n`;
}

/** @returns {boolean} whether a file that it was made from is missing here */
export function lacksFile(path) {
  const shared = /"shared": "([^"]*)"/.exec(readFileSync(path, 'utf8'))?.[1];
  return shared !== undefined && sharedFile(shared) === undefined;
}

function encode(value) {
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'number' && !(Number.isFinite(value) && !Object.is(value, -0))) {
    return { $: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (ArrayBuffer.isView(value)) {
    const data = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    return { $: value.constructor.name, data };
  }
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value === 'object' && value !== null) {
    const { shared, bytes, ...rest } = value;
    const fields = Object.entries(shared === undefined ? value : rest).map(([key, item]) => [
      key,
      encode(item),
    ]);
    return {
      ...Object.fromEntries(fields),
      ...(shared !== undefined && {
        $: 'changed',
        shared,
        ...changes(readFileSync(sharedFile(shared)), bytes),
      }),
    };
  }
  return value;
}

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const { $: kind, ...rest } = value;
  if (kind === 'undefined') return undefined;
  if (kind === 'number') return Number(rest.text);
  if (kind === 'changed') {
    const { shared, pieces, ...others } = rest;
    return { ...decode(others), shared, bytes: applied(readFileSync(sharedFile(shared)), pieces) };
  }
  if (kind !== undefined) {
    const bytes = Uint8Array.from(Buffer.from(rest.data, 'base64'));
    return new globalThis[kind === 'Buffer' ? 'Uint8Array' : kind](bytes.buffer);
  }
  return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, decode(item)]));
}

/** What to take of the original, as [from, to], and what was new, as base64. */
function changes(original, bytes) {
  let end = 0;
  while (end < Math.min(original.length, bytes.length) && original.at(-1 - end) === bytes.at(-1 - end)) end++;
  const sameLength = original.length === bytes.length;
  const pieces = [];
  let at = 0;
  const limit = sameLength ? bytes.length : bytes.length - end;
  while (at < limit) {
    let same = at;
    while (same < limit && same < original.length && original[same] === bytes[same]) same++;
    if (same - at >= SHORTEST_SAME || same === limit) {
      if (same > at) pieces.push([at, same]);
      at = same;
      if (at === limit) break;
    }
    let different = at;
    let run = 0;
    for (; different < limit && run < SHORTEST_SAME; different++)
      run = original[different] === bytes[different] ? run + 1 : 0;
    different -= run;
    pieces.push(Buffer.from(bytes.subarray(at, different)).toString('base64'));
    at = different;
  }
  if (!sameLength && end > 0) pieces.push([original.length - end, original.length]);
  return { pieces };
}

function applied(original, pieces) {
  const parts = pieces.map((piece) =>
    typeof piece === 'string' ? Buffer.from(piece, 'base64') : original.subarray(...piece),
  );
  return Uint8Array.from(Buffer.concat(parts));
}
