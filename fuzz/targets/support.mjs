/** What several targets need. */
import { mutateBytes } from '../mutate.mjs';
import { sitesOf } from '../sites.mjs';

/** @typedef {import('../corpus.mjs').Seed & { sites: import('../mutate.mjs').Site[] }} PreparedSeed */

/** @returns {PreparedSeed[]} */
export function prepared(seeds) {
  return seeds.map((seed) => ({ ...seed, sites: sitesOf(seed.bytes) }));
}

/**
 * A damaged file as a case: `{ name, bytes, shared? }`. Pieces of shared files go into no other file, so that a case can
 * be kept.
 */
export function damagedFile(random, seeds) {
  const own = seeds.filter(({ shared }) => shared === undefined);
  const seed = random.pick(random.chance(0.5) ? own : seeds);
  const donors = own.slice(0, 40).map(({ bytes }) => bytes);
  const bytes = mutateBytes(random, seed.bytes, seed.sites, donors);
  return { name: seed.name, ...(seed.shared !== undefined && { shared: seed.shared }), bytes };
}

export const textOf = (bytes) => new TextDecoder().decode(bytes);
export const bytesOf = (text) => new TextEncoder().encode(text);

/** The files of an archive, in memory. */
export function treeOf(files, source = 'fuzzed') {
  return {
    source,
    names: [...files.keys()].sort(),
    has: (name) => files.has(name),
    read: async (name) => files.get(name),
  };
}

/** All files of a tree, read. */
export async function filesOf(tree) {
  return new Map(await Promise.all(tree.names.map(async (name) => [name, await tree.read(name)])));
}

/** Elements that a shape has, or 0 where it is not known. */
const elements = (shape) => shape.reduce((count, size) => count * Math.max(0, size), 1);

const ARRAYS = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
};

/** Larger inputs only take time. */
const MAX_INPUT_ELEMENTS = 500_000;

/** Runs an open session on zeros, and closes it. */
export async function runSession(session) {
  try {
    const inputs = session.inputs.map(({ shape, dataType }) => ({
      Elements: ARRAYS[dataType],
      count: elements(shape),
    }));
    if (inputs.some(({ Elements, count }) => Elements === undefined || count > MAX_INPUT_ELEMENTS)) return;
    await session.run(inputs.map(({ Elements, count }) => new Elements(count)));
  } finally {
    await session.close();
  }
}
