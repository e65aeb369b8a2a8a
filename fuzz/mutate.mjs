/**
 * Damages files. Damage that any format can suffer is done anywhere; damage to what a reader follows (offsets,
 * lengths, counts) is done where `sites.mjs` says that such numbers stand.
 */

/**
 * @typedef {object} Site a number in a file
 * @property {number} at
 * @property {1 | 2 | 4 | 8} [size] bytes of it; absent: as many as the variable-length number there has
 * @property {boolean} [bigEndian]
 */

/**
 * @param {import('./random.mjs').Random} random
 * @param {Uint8Array} original
 * @param {readonly Site[]} sites of the original
 * @param {readonly Uint8Array[]} donors files that pieces may come from
 * @returns {Uint8Array}
 */
export function mutateBytes(random, original, sites, donors = []) {
  let bytes = Uint8Array.from(original);
  // Numbers first: what follows may move them.
  if (sites.length > 0 && random.chance(0.7)) {
    for (let i = random.few(); i > 0; i--) bytes = changeSite(random, bytes, random.pick(sites));
    if (random.chance(0.7)) return bytes;
  }
  for (let i = random.few(); i > 0; i--) bytes = random.pick(DAMAGES)(random, bytes, donors);
  return bytes;
}

function changeSite(random, bytes, { at, size, bigEndian = false }) {
  if (at + (size ?? 1) > bytes.length) return bytes;
  if (size === undefined) return changeVarint(random, bytes, at);
  const old = readNumber(bytes, at, size, bigEndian);
  writeNumber(bytes, at, size, bigEndian, newNumber(random, old, bytes.length));
  return bytes;
}

/** Near what it was, near the file's size, or an edge. */
function newNumber(random, old, length) {
  const value = random.pick([
    () => old + BigInt(random.pick([-4, -1, 1, 2, 4, 8])),
    () => old * BigInt(random.pick([-1, 2, 4, 256])),
    () => old ^ (1n << BigInt(random.below(32))),
    () => BigInt(length - random.below(9)),
    () => BigInt(random.below(length)),
    () => BigInt(random.edge()),
  ])();
  return BigInt.asUintN(64, value);
}

function readNumber(bytes, at, size, bigEndian) {
  let value = 0n;
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(bytes[at + (bigEndian ? i : size - 1 - i)]);
  return value;
}

function writeNumber(bytes, at, size, bigEndian, value) {
  for (let i = 0; i < size && at + i < bytes.length; i++) {
    bytes[at + i] = Number((value >> BigInt(8 * (bigEndian ? size - 1 - i : i))) & 0xffn);
  }
}

function changeVarint(random, bytes, at) {
  let end = at;
  let old = 0n;
  while (end < bytes.length && end - at < 10) {
    old |= BigInt(bytes[end] & 0x7f) << BigInt(7 * (end - at));
    if (bytes[end++] < 0x80) break;
  }
  return replaced(bytes, at, end, varint(newNumber(random, old, bytes.length), random.chance(0.1) ? 12 : 0));
}

/** @param {number} padding bytes that it has at least; more than it needs say the same, or too much */
export function varint(value, padding = 0) {
  const bytes = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n || bytes.length < padding);
  bytes[bytes.length - 1] &= 0x7f;
  return Uint8Array.from(bytes);
}

const DAMAGES = [
  flipBit,
  flipBit,
  setByte,
  writeEdge,
  writeEdge,
  truncate,
  remove,
  repeat,
  insertNoise,
  fill,
  copyWithin,
  splice,
];

function flipBit(random, bytes) {
  if (bytes.length > 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  return bytes;
}

function setByte(random, bytes) {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, 0x20, 0x2f]);
  return bytes;
}

function writeEdge(random, bytes) {
  const size = random.pick([1, 2, 4, 4, 8]);
  const at = random.below(Math.max(1, bytes.length - size));
  writeNumber(bytes, random.chance(0.7) ? at - (at % size) : at, size, random.chance(0.3), edgeBits(random));
  return bytes;
}

function edgeBits(random) {
  return BigInt.asUintN(64, BigInt(random.edge()));
}

function truncate(random, bytes) {
  return bytes.slice(0, random.chance(0.5) ? random.below(bytes.length) : bytes.length - random.below(64));
}

function remove(random, bytes) {
  const at = random.below(bytes.length);
  return replaced(bytes, at, at + lengthOfPiece(random, bytes), new Uint8Array(0));
}

function repeat(random, bytes) {
  const at = random.below(bytes.length);
  const piece = bytes.slice(at, at + lengthOfPiece(random, bytes));
  return replaced(bytes, at, at, piece);
}

function insertNoise(random, bytes) {
  const at = random.below(bytes.length + 1);
  return replaced(bytes, at, at, random.bytes(random.pick([1, 2, 4, 16, 300])));
}

function fill(random, bytes) {
  const at = random.below(bytes.length);
  return bytes.fill(random.pick([0, 0xff, 0x41]), at, at + lengthOfPiece(random, bytes));
}

function copyWithin(random, bytes) {
  const from = random.below(bytes.length);
  return bytes.copyWithin(random.below(bytes.length), from, from + lengthOfPiece(random, bytes));
}

function splice(random, bytes, donors) {
  if (donors.length === 0) return bytes;
  const donor = random.pick(donors);
  const from = random.below(donor.length);
  const piece = donor.slice(from, from + lengthOfPiece(random, donor));
  const at = random.below(bytes.length + 1);
  return replaced(bytes, at, random.chance(0.5) ? at : at + piece.length, piece);
}

function lengthOfPiece(random, bytes) {
  return random.chance(0.8) ? 1 + random.below(32) : random.below(bytes.length);
}

function replaced(bytes, from, to, piece) {
  const end = Math.min(to, bytes.length);
  const changed = new Uint8Array(from + piece.length + bytes.length - end);
  changed.set(bytes.subarray(0, from));
  changed.set(piece, from);
  changed.set(bytes.subarray(end), from + piece.length);
  return changed;
}
