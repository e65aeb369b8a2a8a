/** Where in a file stand the numbers that its readers follow: offsets, lengths, counts, sizes. */

/** Enough to choose from; large files have millions. */
const MOST = 20_000;

/** @returns {import('./mutate.mjs').Site[]} */
export function sitesOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = (text, at = 0) => [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
  if (starts('TFL3', 4) || starts('M001', 4)) return flatbufferSites(view);
  if (starts('PK')) return zipSites(view);
  if (starts('\x89PNG')) return pngSites(view);
  if (starts('\xff\xd8')) return jpegSites(view);
  if (starts('RIFF')) return riffSites(view);
  if (starts('II*\0')) return tiffSites(view);
  if (starts('BM'))
    return fixed(
      [2, 4],
      [10, 4],
      [14, 4],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
      [30, 4],
      [34, 4],
      [46, 4],
      [54, 4],
      [58, 4],
      [62, 4],
    );
  if (starts('GIF8')) return fixed([6, 2], [8, 2], [10, 1], [11, 1]);
  if (starts('\0asm')) return wasmSites(bytes);
  if (starts('\x7fELF'))
    return fixed([4, 1], [5, 1], [18, 2], [32, 8], [42, 2], [54, 2], [56, 2], [64, 4], [72, 8], [96, 8]);
  return protobufSites(bytes);
}

function fixed(...places) {
  return places.map(([at, size]) => ({ at, size }));
}

/** All tables that offsets lead to: their vtables, slots and what the slots may point to, without knowing any schema. */
function flatbufferSites(view) {
  const sites = [{ at: 0, size: 4 }];
  const seen = new Set();
  const queue = [view.getUint32(0, true)];
  const inside = (at, size = 4) => at >= 0 && at + size <= view.byteLength;
  while (queue.length > 0 && sites.length < MOST) {
    const table = queue.shift();
    if (!inside(table) || seen.has(table)) continue;
    seen.add(table);
    const vtable = table - view.getInt32(table, true);
    if (!inside(vtable)) continue;
    const size = view.getUint16(vtable, true);
    if (size < 4 || size % 2 !== 0 || size > 256 || !inside(vtable, size)) continue;
    sites.push({ at: table, size: 4 }, { at: vtable, size: 2 }, { at: vtable + 2, size: 2 });
    for (let entry = vtable + 4; entry < vtable + size; entry += 2) {
      const offset = view.getUint16(entry, true);
      if (offset === 0 || !inside(table + offset)) continue;
      const slot = table + offset;
      sites.push({ at: entry, size: 2 }, { at: slot, size: 4 }, { at: slot, size: 1 });
      const target = slot + view.getUint32(slot, true);
      if (!inside(target)) continue;
      sites.push({ at: target, size: 4 });
      queue.push(target);
      const count = view.getUint32(target, true);
      for (let i = 0; i < Math.min(count, 64) && inside(target + 4 + i * 4); i++) {
        const item = target + 4 + i * 4;
        sites.push({ at: item, size: 4 });
        queue.push(item + view.getUint32(item, true));
      }
    }
  }
  return sites;
}

const LOCAL = [
  [4, 2],
  [6, 2],
  [8, 2],
  [14, 4],
  [18, 4],
  [22, 4],
  [26, 2],
  [28, 2],
];
const CENTRAL = [
  [4, 2],
  [8, 2],
  [10, 2],
  [16, 4],
  [20, 4],
  [24, 4],
  [28, 2],
  [30, 2],
  [32, 2],
  [34, 2],
  [36, 2],
  [38, 4],
  [42, 4],
];
const END = [
  [4, 2],
  [6, 2],
  [8, 2],
  [10, 2],
  [12, 4],
  [16, 4],
  [20, 2],
];

function zipSites(view) {
  const sites = [];
  for (let at = 0; at + 4 <= view.byteLength && sites.length < MOST; at++) {
    if (view.getUint16(at, true) !== 0x4b50) continue;
    const mark = view.getUint16(at + 2, true);
    const fields = mark === 0x0403 ? LOCAL : mark === 0x0201 ? CENTRAL : mark === 0x0605 ? END : [];
    for (const [offset, size] of fields) sites.push({ at: at + offset, size });
    const names = mark === 0x0403 ? 30 : mark === 0x0201 ? 46 : undefined;
    if (names !== undefined) for (let i = 0; i < 4; i++) sites.push({ at: at + names + i, size: 1 });
  }
  return sites;
}

function pngSites(view) {
  const sites = [];
  for (let at = 8; at + 12 <= view.byteLength && sites.length < MOST; ) {
    sites.push(
      { at, size: 4, bigEndian: true },
      { at: at + 4, size: 1 },
      { at: at + 8, size: 4, bigEndian: true },
    );
    if (at === 8)
      for (const place of [20, 24, 25, 26, 27, 28])
        sites.push({ at: place, size: place === 20 ? 4 : 1, bigEndian: true });
    at += 12 + view.getUint32(at);
  }
  return sites;
}

function jpegSites(view) {
  const sites = [];
  for (
    let at = 2;
    at + 4 <= view.byteLength && view.getUint8(at) === 0xff;
    at += 2 + view.getUint16(at + 2)
  ) {
    for (let i = 0; i < 16; i++) sites.push({ at: at + 1 + i, size: i % 2 === 1 ? 2 : 1, bigEndian: true });
  }
  return sites;
}

function riffSites(view) {
  const sites = [{ at: 4, size: 4 }];
  for (let at = 12; at + 8 <= view.byteLength; at += 8 + view.getUint32(at + 4, true)) {
    sites.push(
      { at: at + 4, size: 4 },
      { at: at + 8, size: 4 },
      { at: at + 12, size: 4 },
      { at: at + 14, size: 4 },
    );
  }
  return sites;
}

function tiffSites(view) {
  const sites = [{ at: 4, size: 4 }];
  const directory = view.getUint32(4, true);
  if (directory + 2 > view.byteLength) return sites;
  sites.push({ at: directory, size: 2 });
  for (
    let i = 0, at = directory + 2;
    i < view.getUint16(directory, true) && at + 12 <= view.byteLength;
    i++, at += 12
  ) {
    sites.push({ at, size: 2 }, { at: at + 2, size: 2 }, { at: at + 4, size: 4 }, { at: at + 8, size: 4 });
  }
  return sites;
}

/** Sizes of sections, and the first numbers in each. */
function wasmSites(bytes) {
  const sites = [];
  for (let at = 8; at < bytes.length; ) {
    const [size, content] = readVarint(bytes, at + 1);
    sites.push({ at, size: 1 }, { at: at + 1 });
    for (let i = 0; i < 8; i++) sites.push({ at: content + i });
    at = content + size;
  }
  return sites;
}

function readVarint(bytes, from) {
  let value = 0;
  let at = from;
  for (let shift = 0; shift < 63 && at < bytes.length; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return [value, at];
}

/** Tags, numbers and lengths of a message, and of what may be messages in it. */
function protobufSites(bytes) {
  const sites = [];
  const walk = (from, to, depth) => {
    const found = [];
    for (let at = from; at < to; ) {
      const [tag, next] = readVarint(bytes, at);
      const wire = tag % 8;
      if (tag < 8 || ![0, 1, 2, 5].includes(wire)) return false;
      found.push({ at }, { at: next });
      const [value, after] = readVarint(bytes, next);
      if (wire === 0) at = after;
      else if (wire === 1) at = next + 8;
      else if (wire === 5) at = next + 4;
      else {
        if (after + value > to) return false;
        if (depth < 6 && value > 1 && sites.length < MOST) walk(after, after + value, depth + 1);
        at = after + value;
      }
      if (found.length > MOST) break;
    }
    sites.push(...found);
    return true;
  };
  walk(0, bytes.length, 0);
  return sites;
}
